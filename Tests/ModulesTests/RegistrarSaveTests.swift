import Basics
import JSONValue
import Locations
import ModuleKit
import Testing

@testable import Usrloc

@Suite("save: add, refresh, remove, list (RFC 3261 10.3)")
struct RegistrarSaveTests {
    private let phone = "<sip:alice@192.0.2.1:5060>"

    @Test("a contact is added, refreshed, listed and removed, with a return code for each")
    func life() throws {
        let rig = try RegistrarRig()
        let added = try rig.register("\(phone);expires=600")
        #expect(added.status == 200)
        #expect(added.contact == "\(phone);expires=600")
        #expect(added.code == 1)
        let refreshed = try rig.register(phone, expires: "900")
        #expect(refreshed.contact == "\(phone);expires=900")
        #expect(refreshed.code == 2)
        let listed = try rig.register()
        #expect(listed.contact == "\(phone);expires=900")
        #expect(listed.code == 4)
        let removed = try rig.register(phone, expires: "0")
        #expect(removed.status == 200)
        #expect(removed["Contact"] == nil)
        #expect(removed.code == 3)
        #expect(try rig.bindings().isEmpty)
    }

    @Test("a query of an unknown AoR is answered without Contact")
    func unknown() throws {
        let reply = try RegistrarRig().register()
        #expect(reply.status == 200)
        #expect(reply["Contact"] == nil)
        #expect(reply.code == 4)
    }

    @Test("what a reply says counts down with time")
    func countdown() throws {
        let rig = try RegistrarRig()
        try rig.register("\(phone);expires=600")
        rig.now.seconds += 100
        #expect(try rig.register().contact == "\(phone);expires=500")
        rig.now.seconds += 500
        #expect(try rig.register()["Contact"] == nil)
    }

    @Test("removing what is not there is fine, and returns 1")
    func removeNothing() throws {
        let reply = try RegistrarRig().register(phone, expires: "0")
        #expect(reply.status == 200)
        #expect(reply.code == 1)
    }

    @Test("several contacts in one field and in several are all taken up, highest q first")
    func several() throws {
        let rig = try RegistrarRig()
        let reply = try rig.register(
            "<sip:a@192.0.2.1>;q=0.2, <sip:b@192.0.2.2>;q=1;expires=700", expires: "600",
            "Contact: <sip:c@192.0.2.3>;q=0.9", "m: sip:d@192.0.2.4")
        #expect(
            reply.contacts == [
                "<sip:b@192.0.2.2>;q=1;expires=700", "<sip:c@192.0.2.3>;q=0.9;expires=600",
                "<sip:a@192.0.2.1>;q=0.2;expires=600", "<sip:d@192.0.2.4>;expires=600",
            ])
        #expect(reply.occurrences(of: "Contact") == 1)
    }

    @Test("the last change in the order of the message decides the return code")
    func lastChange() throws {
        let rig = try RegistrarRig()
        #expect(try rig.register("<sip:a@h>, <sip:b@h>").code == 1)
        #expect(try rig.register("<sip:a@h>, <sip:b@h>;expires=0").code == 3)
        #expect(try rig.register("<sip:b@h>, <sip:a@h>").code == 2)
    }

    @Test("star with Expires 0 removes everything, known AoR or not, and returns 3")
    func star() throws {
        let rig = try RegistrarRig()
        #expect(try rig.register("*", expires: "0").code == 3)
        try rig.register("<sip:a@h>, <sip:b@h>")
        let reply = try rig.register("*", expires: "0")
        #expect(reply.status == 200)
        #expect(reply["Contact"] == nil)
        #expect(reply.code == 3)
        #expect(try rig.bindings().isEmpty)
    }

    @Test(
        "star in bad company is refused and removes nothing",
        arguments: [
            ("*", "60", "* used in contact and expires is not zero"),
            ("*", nil, "* used in contact and expires is not zero"),
            ("*;expires=0", nil, "* used in contact and expires is not zero"),
            ("*, <sip:b@h>", "0", "* used in contact and more than 1 contact"),
            ("<sip:b@h>, *", "0", "* used in contact and more than 1 contact"),
            ("*, *", "0", "* used in contact and more than 1 contact"),
        ])
    func badStar(contact: String, expires: String?, failure: String) throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:a@h>")
        let reply = try rig.register(contact, expires: expires)
        #expect(reply.status == 400)
        #expect(reply.failure == failure)
        #expect(reply.code == -1)
        #expect(try rig.bindings().count == 1)
    }

    @Test("star under the Call-ID of a binding needs a higher CSeq")
    func starOrder() throws {
        let rig = try RegistrarRig()
        try rig.register(phone, cseq: 7)
        for cseq in [6, 7] {
            let reply = try rig.register("*", expires: "0", cseq: cseq)
            #expect(reply.status == 400)
            #expect(reply.failure == "Invalid CSeq number")
            #expect(reply.contacts.count == 1)
        }
        #expect(try rig.register("*", expires: "0", cseq: 1, callID: "another").status == 200)
    }

    // MARK: Order of requests

    @Test("a lower CSeq with the same Call-ID is refused and the bindings are listed")
    func lowerCSeq() throws {
        let rig = try RegistrarRig()
        try rig.register("\(phone);expires=600", cseq: 5)
        let reply = try rig.register("\(phone);expires=60", cseq: 4)
        #expect(reply.status == 400)
        #expect(reply.failure == "Invalid CSeq number")
        #expect(reply.contact == "\(phone);expires=600")
        #expect(reply.code == -1)
    }

    @Test("a retransmission is answered as before and changes nothing")
    func retransmission() throws {
        let rig = try RegistrarRig()
        try rig.register("\(phone);expires=600", cseq: 5)
        let before = try rig.bindings()[0]
        rig.now.seconds += 19
        let reply = try rig.register("\(phone);expires=600", cseq: 5)
        #expect(reply.status == 200)
        #expect(reply.contact == "\(phone);expires=581")
        #expect(reply.code == 1)
        #expect(try rig.bindings()[0].values == before.values)
    }

    @Test("an equal CSeq is a retransmission for cseq_delay seconds only")
    func lateRepetition() throws {
        let rig = try RegistrarRig("usrloc cseq_delay 5")
        try rig.register(phone, cseq: 5)
        rig.now.seconds += 4
        #expect(try rig.register(phone, cseq: 5).status == 200)
        rig.now.seconds += 1
        #expect(try rig.register(phone, cseq: 5).status == 400)
    }

    @Test("another Call-ID may start with any CSeq")
    func otherCallID() throws {
        let rig = try RegistrarRig()
        try rig.register(phone, cseq: 5)
        let reply = try rig.register(phone, cseq: 1, callID: "after-reboot")
        #expect(reply.status == 200)
        #expect(reply.code == 2)
        #expect(try rig.bindings().map(\.callID) == ["after-reboot"])
    }

    @Test("with one contact out of order none of the request is carried out")
    func allOrNothingByOrder() throws {
        let rig = try RegistrarRig()
        try rig.register("<sip:old@h>;expires=600", cseq: 9)
        let reply = try rig.register(
            "<sip:new@h>;expires=600, <sip:old@h>;expires=60", cseq: 8)
        #expect(reply.status == 400)
        #expect(reply.contacts == ["<sip:old@h>;expires=600"])
    }

    @Test(
        "contacts match by URI, by URI and Call-ID, or by Call-ID alone",
        arguments: [(0, 1), (1, 2), (2, 1)])
    func matching(mode: Int, count: Int) throws {
        let rig = try RegistrarRig("usrloc matching_mode \(mode)")
        try rig.register(phone, callID: "one")
        try rig.register(phone, callID: "two")
        #expect(try rig.bindings().count == count)
    }

    @Test("matching by Call-ID keeps the URI that came first")
    func matchingByCallID() throws {
        let rig = try RegistrarRig("usrloc matching_mode 3")
        try rig.register("<sip:a@h>", cseq: 1)
        #expect(try rig.register("<sip:b@h>", cseq: 2).code == 2)
        #expect(try rig.bindings().map(\.uri) == ["sip:a@h"])
    }

    @Test("desc_time_order puts the newest contact in front, whatever its q")
    func newestFirst() throws {
        let rig = try RegistrarRig("usrloc desc_time_order 1")
        try rig.register("<sip:a@h>;q=1")
        try rig.register("<sip:b@h>;q=0.1")
        #expect(try rig.bindings().map(\.uri) == ["sip:b@h", "sip:a@h"])
    }
}
