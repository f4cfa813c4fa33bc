import Basics
import ModuleKit
import Publications
import TM
import Testing

@testable import PUA

@Suite("Module pua: requests and responses")
struct PUAModuleTests {
    @Test("a PUBLISH goes to its next hop, and the answer is told and stored")
    func publish() throws {
        let rig = try PUARig()
        let told = Told()
        let admission = rig.pua.publish(PUARig.publication()) { told.add($0) }
        #expect(admission == .queued)
        let sent = try rig.turn()
        #expect(sent.map(\.line) == ["PUBLISH sip:alice@example.com SIP/2.0"])
        #expect(sent[0].to.source == PUARig.peer)
        #expect(sent[0].value("Event") == "message-summary")
        #expect(sent[0].value("Expires") == "601")
        #expect(sent[0].value("Content-Type") == "application/simple-message-summary")
        #expect(sent[0].body == "Messages-Waiting: yes")
        try rig.answer(sent[0], 200, "SIP-ETag: tag-1", "Expires: 601")
        #expect(told.all.map(\.status) == [200])
        #expect(told.all[0].reason == Array("Reason".utf8))
        #expect(told.all[0].etag == Array("tag-1".utf8))
        #expect(told.all[0].expiresSeconds == 601)
        #expect(try rig.agent.store.count == 1)
        rig.pua.publish(PUARig.publication("Messages-Waiting: no"))
        let next = try rig.turn()
        #expect(next.map { $0.value("SIP-If-Match") } == ["tag-1"])
    }

    @Test("no answer is told as 408, and tried again by itself")
    func silence() throws {
        let rig = try PUARig()
        let told = Told()
        rig.pua.publish(PUARig.publication()) { told.add($0) }
        #expect(try rig.turn().count == 1)
        let later = try rig.pass(33_000)
        #expect(told.all.map(\.outcome) == [.timedOut])
        #expect(told.all[0].isRetried)
        // The second attempt comes a second after the first has ended.
        #expect(later.isEmpty)
        rig.now.seconds += 2
        let again = try rig.turn() + rig.turn()
        #expect(again.filter { $0.line.hasPrefix("PUBLISH") }.count == 1)
    }

    @Test("what leads nowhere is told as 503 without waiting")
    func undeliverable() throws {
        let rig = try PUARig()
        let told = Told()
        var request = PUARig.publication()
        request.outboundProxy = Array("sip:10.0.0.9;transport=sctp".utf8)
        request.source = .rpcPublish
        rig.pua.publish(request) { told.add($0) }
        #expect(try rig.turn().isEmpty)
        _ = try rig.turn()
        #expect(told.all.map(\.outcome) == [.undeliverable])
        #expect(told.all[0].status == 503)
    }

    @Test("a SUBSCRIBE takes tag, Contact and routes of its answer")
    func subscribe() throws {
        let rig = try PUARig()
        rig.pua.subscribe(PUARig.subscription())
        let sent = try rig.turn()
        #expect(sent[0].value("Contact") == "<sip:me@127.0.0.1>")
        let lines = [
            "Record-Route: <sip:10.0.0.1;lr>, <sip:10.0.0.2;lr>", "Record-Route: <sip:10.0.0.3;lr>",
            "Contact: \"Peer\" <sip:peer@10.0.0.9:5080>;expires=5", "Expires: 610",
        ]
        try rig.answer(sent[0], 200, lines.joined(separator: "\n"))
        rig.pua.subscribe(PUARig.subscription())
        let next = try rig.turn()
        #expect(next[0].line == "SUBSCRIBE sip:peer@10.0.0.9:5080 SIP/2.0")
        #expect(next[0].value("To") == "<sip:alice@example.com>;tag=their")
        #expect(
            next[0].value("Route") == "<sip:10.0.0.3;lr>,<sip:10.0.0.2;lr>,<sip:10.0.0.1;lr>")
        #expect(next[0].to.source == PeerAddress(ipv4: 0x0a00_0003, port: 5060))
    }

    @Test("a challenge is answered with the credentials of its realm")
    func challenge() throws {
        let rig = try PUARig("credential \"bob:there:secret\"\ncredential \"eve::any\"")
        rig.pua.publish(PUARig.publication())
        let sent = try rig.turn()
        let again = try rig.answer(
            sent[0], 407,
            "Proxy-Authenticate: Digest realm=\"there\", nonce=\"n\", qop=\"auth\", algorithm=MD5",
            "Proxy-Authenticate: Digest realm=\"there\", nonce=\"m\", qop=\"auth\","
                + " algorithm=SHA-256")
        #expect(again.count == 1)
        let value = again[0].value("Proxy-Authorization")
        #expect(value.hasPrefix("Digest username=\"bob\", realm=\"there\", nonce=\"m\""))
        #expect(value.contains("algorithm=SHA-256"))
        #expect(again[0].value("CSeq") == "11 PUBLISH")
        #expect(!rig.rig.services.lines.all.contains { $0.contains("secret") })
    }

    @Test("what cannot get into a request or a row is refused at once")
    func refusals() throws {
        let rig = try PUARig()
        func refused(_ change: (inout PublicationRequest) -> Void) -> PUAAdmission {
            var request = PUARig.publication()
            change(&request)
            return rig.pua.publish(request)
        }
        let long = Array(repeating: UInt8(ascii: "x"), count: 300)
        #expect(refused { $0.presentity = Array("nobody".utf8) } == .refused(.badURI))
        #expect(refused { $0.presentity = Array("sip:a@b> c".utf8) } == .refused(.badURI))
        #expect(refused { $0.presentity = Array("sip:".utf8) + long } == .refused(.badURI))
        #expect(refused { $0.outboundProxy = Array("tel:1".utf8) } == .refused(.badURI))
        #expect(refused { $0.event = PUAEvent(rawValue: 1 << 20) } == .refused(.unknownEvent))
        #expect(refused { $0.id = long } == .refused(.badText))
        #expect(refused { $0.id = [13, 10] } == .refused(.badText))
        #expect(refused { $0.etag = Array("a b".utf8) } == .refused(.badText))
        #expect(refused { $0.contentType = Array("a\r\nb: c".utf8) } == .refused(.badText))
        #expect(refused { $0.extraHeaders = Array("no header".utf8) } == .refused(.badText))
        #expect(
            refused { $0.extraHeaders = Array("Content-Length: 9\r\n".utf8) }
                == .refused(.badText))
        #expect(refused { $0.extraHeaders = Array("o: x\r\n".utf8) } == .refused(.badText))
        #expect(refused { $0.extraHeaders = Array("X: 1\n".utf8) } == .refused(.badText))
        #expect(
            refused { $0.body = Array(repeating: 65, count: Limits.publishedBytesMax + 1) }
                == .refused(.badText))
        #expect(refused { $0.expiresSeconds = .max } == .refused(.badText))
        #expect(refused { $0.event = .watcherInfo } == .refused(.noContentType))
        var subscription = PUARig.subscription()
        subscription.watcher = Array("me".utf8)
        #expect(rig.pua.subscribe(subscription) == .refused(.badURI))
        #expect(try rig.turn().isEmpty)
    }

    @Test("after the end nothing is taken, and what waited was sent")
    func stop() throws {
        let rig = try PUARig()
        rig.pua.publish(PUARig.publication())
        rig.pua.stop()
        #expect(rig.takeSent().count == 1)
        #expect(rig.pua.publish(PUARig.publication()) == .refused(.notRunning))
    }

    @Test("observers hear of every end of their sources, asked for or not")
    func observers() throws {
        let rig = try PUARig(further: [ModuleBlueprint(WatchingModule.self)])
        let watching = try #require(rig.rig.services.module(WatchingModule.self))
        rig.pua.publish(PUARig.publication())
        var other = PUARig.publication(event: .conference)
        other.source = .dialogs
        rig.pua.publish(other)
        let sent = try rig.turn()
        try rig.answer(sent[0], 200, "SIP-ETag: a", "Expires: 601")
        try rig.answer(sent[1], 403)
        #expect(watching.told.all.map(\.status) == [200])
    }

    @Test("event packages are added while modules are made, each once")
    func packages() throws {
        let rig = try PUARig()
        for name in [
            "presence", "presence.winfo", "dialog;sla", "message-summary", "dialog", "reg",
            "conference", "xcap-diff",
        ] {
            #expect(rig.pua.event(named: Array(name.utf8)) != nil, "\(name)")
        }
        #expect(throws: StartFailure.self) {
            try rig.pua.add(
                PUAEventDeclaration(.registration, "reg", contentType: nil, prepare: nil))
        }
    }

    @Test("statistics tell what was done")
    func statistics() throws {
        let rig = try PUARig()
        rig.pua.publish(PUARig.publication())
        rig.pua.publish(PUARig.publication(event: .conference))
        let sent = try rig.turn()
        try rig.answer(sent[0], 200, "SIP-ETag: a", "Expires: 601")
        try rig.answer(sent[1], 403)
        let figures = try rig.agent.figures
        #expect(figures.publishSent == 2)
        #expect(figures.accepted == 1)
        #expect(figures.refused == 1)
        #expect(try rig.agent.load == (0, 0))
    }
}

/// A module that hears of the ends of one source's requests.
final class WatchingModule: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<WatchingModule>("watching", "Observes.", requires: ["pua"])
    let told = Told()

    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        guard let pua = setup.services.module(PUAModule.self) else {
            throw StartFailure("load pua before")
        }
        pua.observe(.locations) { [told] in told.add($0) }
    }
}
