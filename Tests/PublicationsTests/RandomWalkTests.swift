import Basics
import TestSupport
import Testing

@testable import Publications

/// A presence server that is never wrong: what is published there, by entity tag (RFC 3903 6).
private struct ModelServer {
    var published: [String: (presentity: String, body: String)] = [:]
    private var lastTag = 0

    /// What it answers to a PUBLISH.
    mutating func take(_ request: PUASend) -> (status: Int, etag: String?, expires: Int?) {
        let presentity = String(decoding: request.uri, as: UTF8.self)
        let tag = request.value("SIP-If-Match")
        if !tag.isEmpty, published[tag]?.presentity != presentity { return (412, nil, nil) }
        let old = published.removeValue(forKey: tag)
        let expires = Int(request.value("Expires")) ?? 0
        guard expires > 0 else { return (200, tag.isEmpty ? "t0" : tag, 0) }
        lastTag += 1
        let body = request.body.isEmpty ? old?.body ?? "" : request.body
        published["t\(lastTag)"] = (presentity, body)
        return (200, "t\(lastTag)", expires)
    }

    /// What is published of a presentity.
    func bodies(of presentity: String) -> [String] {
        published.values.filter { $0.presentity == presentity }.map(\.body)
    }
}

/// What the engine does when everything may happen at any time, compared with what was asked for.
private struct Walk {
    var rig = EngineRig()
    var server = ModelServer()
    var random: SeededNumbers
    /// What each presentity is to have published: a body, or nothing.
    var wanted: [Int: String?] = [:]
    /// Presentities of which the server has forgotten what cannot be made again.
    var forgotten: Set<Int> = []
    var lastBody = 0
    var lastTicket: UInt64 = 0

    init(seed: UInt64) { random = SeededNumbers(seed: seed) }

    static func presentity(_ number: Int) -> String { "sip:user\(number)@example.com" }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: publish(Int.random(in: 0..<6, using: &random))
        case 35..<47: remove(Int.random(in: 0..<6, using: &random))
        case 47..<85: answer()
        case 85..<99: rig.pass(Int.random(in: 1...20, using: &random), looksForDue: true)
        default: forget()
        }
    }

    private mutating func submit(_ number: Int, _ body: String?, expires: Int) {
        lastTicket += 1
        rig.publish(
            PublicationRequest(
                Array(Self.presentity(number).utf8), event: .registration,
                source: .registrationPublish, id: Array("one".utf8),
                body: body.map { Array($0.utf8) }, expiresSeconds: expires),
            ticket: lastTicket)
    }

    mutating func publish(_ number: Int) {
        lastBody += 1
        wanted[number] = .some("body\(lastBody)")
        forgotten.remove(number)
        submit(number, "body\(lastBody)", expires: -1)
    }

    mutating func remove(_ number: Int) {
        wanted[number] = .some(nil)
        forgotten.remove(number)
        submit(number, nil, expires: 0)
    }

    /// One request of those on their way ends, in any order, well or badly.
    private mutating func answer() {
        guard !rig.sent.isEmpty else { return }
        rig.sent.shuffle(using: &random)
        let request = rig.sent[0]
        let expires = Int(request.value("Expires")) ?? 0
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<6: rig.answer(503)
        case 6..<12: rig.fail(.timedOut)
        case 12..<15: rig.fail(.undeliverable)
        case 15..<20 where expires > 0 && expires < 4_000: rig.answer(423, minExpires: 4_000)
        default: answerWell()
        }
    }

    /// The server does what the oldest request asks for.
    mutating func answerWell() {
        let reply = server.take(rig.sent[0])
        rig.answer(reply.status, etag: reply.etag, expires: reply.expires)
    }

    /// The server starts anew, without a memory.
    private mutating func forget() {
        server.published = [:]
        // A refresh has no body to publish anew.
        forgotten = Set(0..<6)
    }

    /// Lets everything come to its end.
    mutating func settle() {
        for _ in 0..<2_000 where !rig.sent.isEmpty || rig.engine.jobCount > 0 {
            while !rig.sent.isEmpty { answerWell() }
            rig.pass(5)
        }
    }
}

@Suite("A presence user agent in any order of events")
struct RandomWalkTests {
    @Test("one request a publication is on its way, and nobody is forgotten", arguments: 1...12)
    func steps(seed: Int) {
        var walk = Walk(seed: UInt64(seed))
        for _ in 0..<600 {
            walk.step()
            let uris = walk.rig.sent.map(\.uri)
            #expect(Set(uris).count == uris.count, "two requests about one publication")
            #expect(walk.rig.records.count <= 6)
        }
        walk.settle()
        #expect(walk.rig.engine.jobCount == 0 && walk.rig.engine.inFlightCount == 0)
        let tickets = walk.rig.told.map(\.ticket)
        #expect(Set(tickets) == Set(1...walk.lastTicket), "somebody was not told")
        #expect(tickets.count == Int(walk.lastTicket), "somebody was told twice")
    }

    @Test("in the end the server has what was wanted last, and no more", arguments: 101...112)
    func ends(seed: Int) {
        var walk = Walk(seed: UInt64(seed))
        for _ in 0..<600 { walk.step() }
        walk.settle()
        for (number, wanted) in walk.wanted where !walk.forgotten.contains(number) {
            let bodies = walk.server.bodies(of: Walk.presentity(number))
            guard let wanted else {
                #expect(bodies == [], "user\(number) is to have nothing published")
                continue
            }
            #expect(bodies.count == 1, "user\(number): \(bodies)")
            #expect(bodies.first?.hasPrefix("\(wanted) v") == true, "user\(number): \(bodies)")
        }
        for record in walk.rig.records {
            let tag = String(decoding: record[.etag], as: UTF8.self)
            let uri = String(decoding: record[.presentity], as: UTF8.self)
            let isKnown = walk.server.published[tag]?.presentity == uri
            #expect(isKnown || !walk.forgotten.isEmpty, "\(uri) holds a tag of nothing")
        }
    }

    @Test("what the server forgot comes back with the next state", arguments: 201...206)
    func comesBack(seed: Int) {
        var walk = Walk(seed: UInt64(seed))
        for _ in 0..<300 { walk.step() }
        walk.settle()
        walk.server.published = [:]
        for number in 0..<6 { walk.publish(number) }
        walk.settle()
        for number in 0..<6 {
            #expect(walk.server.bodies(of: Walk.presentity(number)).count == 1)
        }
    }
}
