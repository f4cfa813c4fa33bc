import Basics
import Testing

@testable import Publications

@Suite("Publishing")
struct PublishTests {
    @Test("the first PUBLISH has no entity tag, and its record keeps what the answer says")
    func first() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(), ticket: 7)
        #expect(rig.sent.count == 1)
        let request = rig.sent[0]
        #expect(request.line == "PUBLISH sip:alice@example.com")
        #expect(request.value("Expires") == "601")
        #expect(request.value("SIP-If-Match").isEmpty)
        #expect(request.value("CSeq") == "10 PUBLISH")
        #expect(request.value("Content-Type") == "application/reginfo+xml")
        #expect(request.body == "doc v0")
        rig.answer(etag: "e1", expires: 500)
        #expect(rig.told.map(\.ticket) == [7])
        #expect(rig.told[0].reply.etag == Array("e1".utf8))
        #expect(rig.told[0].reply.expiresSeconds == 500)
        #expect(rig.records.count == 1)
        #expect(rig.records[0].has(.etag, Array("e1".utf8)))
        #expect(rig.records[0].expires.seconds == rig.now.seconds + 500)
        #expect(rig.records[0].desiredExpires.seconds == rig.now.seconds + 600)
        #expect(rig.engine.jobCount == 0)
    }

    @Test("the header fields stand in Kamailio's order")
    func order() {
        var rig = EngineRig()
        var request = EngineRig.publication()
        request.extraHeaders = Array("X-One: 1\r\n".utf8)
        rig.publish(request)
        rig.answer(etag: "e1", expires: 601)
        rig.publish(request)
        let text = String(decoding: rig.sent[0].rest, as: UTF8.self)
        let names = text.split(separator: "\r\n").prefix { $0.contains(": ") }.map {
            $0.split(separator: ":")[0]
        }
        #expect(
            names == [
                "To", "From", "CSeq", "Call-ID", "Content-Length", "Max-Forwards", "Event",
                "Expires", "SIP-If-Match", "Content-Type", "X-One",
            ])
    }

    @Test("further ones carry the entity tag and count the version up")
    func further() {
        var rig = EngineRig()
        for number in 0..<4 {
            rig.publish(EngineRig.publication())
            #expect(rig.sent[0].body == "doc v\(number)")
            #expect(rig.sent[0].value("SIP-If-Match") == (number == 0 ? "" : "e\(number - 1)"))
            rig.answer(etag: "e\(number)", expires: 601)
            #expect(rig.records.count == 1)
        }
    }

    @Test(
        "Expires asks for one second more, and for no less than the minimum",
        arguments: [
            (-1, 0, "3601"), (0, 0, "0"), (1, 0, "2"), (600, 0, "601"), (60, 90, "90"),
            (89, 90, "90"), (90, 90, "91"), (0, 90, "0"), (-1, 7200, "7200"),
        ])
    func expires(asked: Int, least: Int, sent: String) {
        var rig = EngineRig { $0.minExpires = least }
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication(expires: asked))
        #expect(rig.sent[0].value("Expires") == sent)
    }

    @Test("removing sends Expires 0 without a body and forgets the record")
    func removal() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication("ignored", expires: 0), ticket: 2)
        #expect(rig.sent[0].value("Expires") == "0")
        #expect(rig.sent[0].value("Content-Length") == "0")
        #expect(rig.sent[0].value("SIP-If-Match") == "e1")
        rig.answer(etag: "e2", expires: 0)
        #expect(rig.records.isEmpty)
        #expect(rig.told[0].reply.isSuccess)
    }

    @Test("removing what is not there sends nothing and succeeds")
    func nothing() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(expires: 0), ticket: 1)
        #expect(rig.sent.isEmpty)
        #expect(rig.told[0].reply.outcome == .nothingToDo)
        #expect(rig.told[0].reply.status == 200)
    }

    @Test("a refresh of what is not there is an error, and so is a body that is none")
    func errors() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(nil), ticket: 1)
        rig.publish(EngineRig.publication("bad"), ticket: 2)
        rig.publish(EngineRig.publication(etag: "nope"), ticket: 3)
        #expect(rig.sent.isEmpty)
        #expect(rig.told.map(\.reply.outcome) == [.noBody, .badBody, .wrongTag])
        #expect(rig.told.map(\.reply.status) == [400, 400, 418])
        #expect(rig.engine.jobCount == 0)
    }

    @Test("a known entity tag says which publication is meant")
    func byTag() {
        var rig = EngineRig()
        for number in 0..<2 {
            rig.publish(EngineRig.publication(id: "", operation: .insert))
            rig.answer(etag: "e\(number)", expires: 601 + number)
        }
        #expect(rig.records.count == 2)
        rig.publish(EngineRig.publication(id: "", etag: "e0"))
        #expect(rig.sent[0].value("SIP-If-Match") == "e0")
        rig.answer(etag: "e9", expires: 601)
        let tags = rig.records.map { String(decoding: $0[.etag], as: UTF8.self) }
        #expect(tags.sorted() == ["e1", "e9"])
    }

    @Test("a new one with the id of an old one takes its place")
    func insert() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication())
        rig.answer(etag: "e1", expires: 601)
        rig.publish(EngineRig.publication(operation: .insert))
        #expect(rig.sent[0].value("SIP-If-Match").isEmpty)
        rig.answer(etag: "e2", expires: 601)
        #expect(rig.records.map { $0[.etag] } == [Array("e2".utf8)])
    }

    @Test("the tuple id of a publication stays")
    func tuple() {
        var rig = EngineRig()
        let request = EngineRig.publication(event: .presence, source: .locations)
        rig.publish(request)
        rig.answer(etag: "e1", expires: 601)
        let first = rig.records[0][.tupleID]
        #expect(first.count == 16)
        rig.publish(request)
        rig.answer(etag: "e2", expires: 601)
        #expect(rig.records[0][.tupleID] == first)
    }

    @Test("a success without entity tag or Expires is told all the same")
    func incomplete() {
        var rig = EngineRig()
        rig.publish(EngineRig.publication(), ticket: 1)
        rig.answer()
        #expect(rig.told[0].reply.status == 200)
        #expect(rig.told[0].reply.etag == nil)
        #expect(rig.records.isEmpty)
        rig.publish(EngineRig.publication(), ticket: 2)
        rig.answer(etag: "e1")
        #expect(rig.told[1].reply.expiresSeconds == nil)
        #expect(rig.records[0].expires.seconds == rig.now.seconds + 601)
    }

    @Test("the next hop is the request's, the source's, the module's, or the presentity's")
    func hops() {
        let source = Array("sip:source.example".utf8)
        let module = Array("sip:module.example".utf8)
        let cases: [(String?, Bool, Bool, String)] = [
            ("sip:own.example", true, true, "sip:own.example"),
            (nil, true, true, "sip:source.example"), (nil, false, true, "sip:module.example"),
            (nil, false, false, "sip:alice@example.com"),
        ]
        for (own, hasSource, hasModule, expected) in cases {
            var rig = EngineRig {
                if hasSource {
                    $0.routes = [
                        PUASourceRoute(source: .registrationPublish, outboundProxy: source)
                    ]
                }
                if hasModule { $0.outboundProxy = module }
            }
            rig.publish(EngineRig.publication(proxy: own))
            #expect(rig.sent[0].hop == expected)
        }
    }
}
