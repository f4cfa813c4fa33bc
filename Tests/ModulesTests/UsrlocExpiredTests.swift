import Basics
import Foundation
import JSONValue
import Locations
import ModuleKit
import Testing

@testable import Usrloc

@Suite("usrloc: event_route[usrloc:contact-expired]")
struct UsrlocExpiredTests {
    /// Says of each binding what the reference page promises of it.
    private static let tells = """
        event_route[usrloc:contact-expired] { xlog("L_INFO", "gone $ru of $tu"); }
        """

    private func rig(
        _ settings: String = "", events: String = UsrlocExpiredTests.tells,
        database: FakeDatabase? = nil
    ) throws -> RegistrarRig {
        let rig = try RegistrarRig(settings, database: database, events: events)
        rig.now.seconds -= 10_000
        return rig
    }

    /// What the route has said so far, without level and prefix.
    private func said(_ rig: RegistrarRig) -> [String] {
        rig.services.lines.all.compactMap { line in
            line.range(of: "<script>: ").map { String(line[$0.upperBound...]) }
        }
    }

    @Test("it runs once for each expired binding, with the contact and the AoR")
    func once() throws {
        let rig = try rig()
        try rig.register("<sip:a@h>;expires=600, <sip:b@h:5070;transport=tcp>;expires=700")
        try rig.register("<sip:c@h>;expires=600", to: "<sip:bob@example.com>")
        rig.usrloc.tick()
        #expect(
            said(rig).sorted() == [
                "gone sip:a@h of sip:alice@localhost",
                "gone sip:b@h:5070;transport=tcp of sip:alice@localhost",
                "gone sip:c@h of sip:bob@localhost",
            ])
        rig.usrloc.tick()
        #expect(said(rig).count == 3)
        #expect(try rig.table.statistics.expired.value == 3)
        #expect(try rig.table.statistics.contacts.value == 0)
    }

    @Test("it runs for no binding that still lives, and for none that lives for ever")
    func alive() throws {
        let rig = try rig()
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=20000")
        let added = try rig.services.call(
            "ul.add", "location", "bob", "sip:ever@h", 0, -1.0, "", 0, 0, -1)
        #expect(added["result"] == [:])
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of sip:alice@localhost"])
        #expect(try rig.bindings().map(\.uri) == ["sip:b@h"])
        #expect(try rig.bindings("bob").map(\.uri) == ["sip:ever@h"])
    }

    @Test("it does not run for what was unregistered, by a phone or by a command")
    func unregistered() throws {
        let rig = try rig()
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=20000, <sip:c@h>;expires=600")
        try rig.register("<sip:a@h>;expires=0")
        let gone = try rig.services.call("ul.rm_contact", "location", "alice", "sip:b@h")
        #expect(gone["result"] == [:])
        try rig.register("*", expires: "0")
        try rig.register("<sip:d@h>;expires=600", to: "<sip:bob@example.com>")
        try rig.register("*", expires: "0", to: "<sip:bob@example.com>")
        rig.usrloc.tick()
        #expect(said(rig).isEmpty)
        #expect(try rig.table.statistics.expired.value == 0)
    }

    @Test("a binding that was refreshed expires by its last lifetime")
    func refreshed() throws {
        let rig = try rig()
        try rig.register("<sip:a@h>;expires=600")
        try rig.register("<sip:a@h>;expires=20000")
        rig.usrloc.tick()
        #expect(said(rig).isEmpty)
        try rig.register("<sip:a@h>;expires=900")
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of sip:alice@localhost"])
    }

    @Test("without the route bindings expire all the same")
    func noRoute() throws {
        let rig = try rig(events: "")
        try rig.register("<sip:a@h>;expires=600")
        rig.usrloc.tick()
        #expect(try rig.table.statistics.expired.value == 1)
        #expect(try rig.bindings().isEmpty)
        #expect(said(rig).isEmpty)
    }

    @Test("Call-ID and CSeq are those of the last REGISTER, From is the AoR, too")
    func fields() throws {
        let rig = try rig(
            events: """
                event_route[usrloc:contact-expired] {
                    xlog("L_INFO", "$ci $cs $fu $rm");
                }
                """)
        try rig.register("<sip:a@h>;expires=600", cseq: 7, callID: "first@192.0.2.1")
        try rig.register("<sip:a@h>;expires=600", cseq: 2_000_000_000, callID: "last@192.0.2.1")
        rig.usrloc.tick()
        #expect(said(rig) == ["last@192.0.2.1 2000000000 sip:alice@localhost OPTIONS"])
    }

    @Test("the route may look into the table, where the binding is gone and others are not")
    func lookUp() throws {
        let rig = try rig(
            events: """
                event_route[usrloc:contact-expired] {
                    if (registered("location", "$tu")) {
                        xlog("L_INFO", "$tU has others");
                    } else {
                        xlog("L_INFO", "$tU has none");
                    }
                }
                """)
        try rig.register("<sip:a@h>;expires=600")
        try rig.register("<sip:b@h>;expires=600", to: "<sip:bob@example.com>")
        try rig.register("<sip:c@h>;expires=20000", to: "<sip:bob@example.com>")
        rig.usrloc.tick()
        #expect(said(rig).sorted() == ["alice has none", "bob has others"])
    }

    @Test("thousands that expire at once are told of one by one, none twice and none left out")
    func crowd() throws {
        let rig = try rig()
        for number in 0..<2_000 {
            try rig.register(
                "<sip:p\(number)@h>;expires=600", to: "<sip:user\(number % 700)@example.com>")
        }
        rig.usrloc.tick()
        let lines = said(rig)
        #expect(lines.count == 2_000)
        #expect(Set(lines).count == 2_000)
        #expect(try rig.table.statistics.users.value == 0)
    }

    // MARK: AoRs

    @Test(
        "an AoR without a domain is a user of localhost, escaped where a URI wants it",
        arguments: [
            ("<sip:alice@example.com>", "sip:alice@localhost"),
            ("<sip:Alice@example.com>", "sip:alice@localhost"),
            ("<sip:example.com>", "sip:localhost"),
            ("<tel:+15551234>", "sip:+15551234@localhost"),
            ("<sip:a%40b@example.com>", "sip:a%40b@localhost"),
            ("<sip:a%20b@example.com>", "sip:a%20b@localhost"),
            ("<sip:a%3cb%3e@example.com>", "sip:a%3cb%3e@localhost"),
            ("<sip:a%22@example.com>", "sip:a%22@localhost"),
            ("<sip:a%25b@example.com>", "sip:a%25b@localhost"),
            ("<sip:a%3Ab@example.com>", "sip:a%3ab@localhost"),
            ("<sip:a%0d%0aX-Evil%3a%201@example.com>", "sip:a%0d%0ax-evil%3a%201@localhost"),
            ("<sip:%00@example.com>", "sip:%00@localhost"),
            ("<sip:%c3%a9@example.com>", "sip:%c3%a9@localhost"),
            ("<sip:a.b-c_d!e~f*g'h@example.com>", "sip:a.b-c_d!e~f*g'h@localhost"),
        ])
    func oddUsers(to: String, shown: String) throws {
        let rig = try rig()
        #expect(try rig.register("<sip:a@h>;expires=600", to: to).status == 200)
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of \(shown)"])
    }

    @Test(
        "with use_domain the AoR is cut at its last @, and may be a domain alone",
        arguments: [
            ("<sip:alice@Example.COM>", "sip:alice@example.com"),
            ("<sip:alice@example.com:5070>", "sip:alice@example.com"),
            ("<sip:example.com>", "sip:example.com"),
            ("<sip:a%40b@example.com>", "sip:a%40b@example.com"),
            ("<sip:alice@192.0.2.1>", "sip:alice@192.0.2.1"),
            ("<sip:alice@[2001:db8::1]>", "sip:alice@[2001:db8::1]"),
        ])
    func domains(to: String, shown: String) throws {
        let rig = try rig("usrloc use_domain 1")
        #expect(try rig.register("<sip:a@h>;expires=600", to: to).status == 200)
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of \(shown)"])
    }

    @Test("a user name adds no header field to the request that the route sees")
    func injection() throws {
        let rig = try rig(
            events: """
                event_route[usrloc:contact-expired] {
                    xlog("L_INFO", "$hdr(X-Evil) $ci");
                }
                """)
        try rig.register(
            "<sip:a@h>;expires=600", callID: "real",
            to: "<sip:x%3e%0d%0aX-Evil%3a%20yes%0d%0aCall-ID%3a%20forged%0d%0aY%3a@example.com>")
        rig.usrloc.tick()
        #expect(said(rig) == ["<null> real"])
    }

    @Test("an AoR as long as the server takes is told of whole")
    func longName() throws {
        let rig = try rig()
        let user = String(repeating: "u", count: Limits.aorBytesMax)
        try rig.register("<sip:a@h>;expires=600", to: "<sip:\(user)@example.com>")
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of sip:\(user)@localhost"])
    }

    @Test("the longest of all that a binding holds makes a request, too")
    func longest() throws {
        let rig = try rig()
        let user = String(repeating: "%01", count: Limits.aorBytesMax)
        let contact = "sip:" + String(repeating: "c", count: Limits.contactBytesMax - 6) + "@h"
        let callID = String(repeating: "i", count: Limits.callIDBytesMax)
        let reply = try rig.register(
            "<\(contact)>;expires=600", callID: callID, to: "<sip:\(user)@example.com>")
        #expect(reply.status == 200)
        rig.usrloc.tick()
        #expect(said(rig) == ["gone \(contact) of sip:\(user)@localhost"])
    }

    // MARK: Modes

    @Test("in the modes that write, the route runs and the rows go", arguments: [1, 2])
    func writing(mode: Int) throws {
        let database = FakeDatabase()
        let rig = try rig("usrloc db_mode \(mode)", database: database)
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=20000")
        #expect(try rig.writer.flush())
        #expect(database.contacts == ["sip:a@h", "sip:b@h"])
        rig.usrloc.tick()
        rig.settle()
        #expect(said(rig) == ["gone sip:a@h of sip:alice@localhost"])
        #expect(database.contacts == ["sip:b@h"])
    }

    @Test("in db_mode 4 the route runs and the rows stay")
    func readOnly() throws {
        let database = FakeDatabase()
        let rig = try rig("usrloc db_mode 4", database: database)
        try rig.register("<sip:a@h>;expires=600")
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of sip:alice@localhost"])
        #expect(database.rows.isEmpty)
    }

    @Test("a text of the database that would break a line is escaped")
    func foreignRow() throws {
        let database = FakeDatabase()
        let soon = WallTime(seconds: SystemClock.wall().seconds + 3_600)
        database.add("al ice\r\nX: 1", "sip:a@h", ruid: "x-1", expires: soon)
        let rig = try RegistrarRig("usrloc db_mode 2", database: database, events: Self.tells)
        let later = WallTime(seconds: soon.seconds + 1)
        #expect(try rig.table.expire(now: later) == 1)
        rig.usrloc.deliver(try rig.table, now: later)
        #expect(said(rig) == ["gone sip:a@h of sip:al%20ice%0d%0aX%3a%201@localhost"])
    }

    @Test("what was told is forgotten: a second time tells what came since")
    func forgotten() throws {
        let rig = try rig()
        let now = SystemClock.wall()
        try rig.register("<sip:a@h>;expires=600")
        try rig.table.expire(now: now)
        rig.usrloc.deliver(try rig.table, now: now)
        rig.usrloc.deliver(try rig.table, now: now)
        #expect(said(rig).count == 1)
        try rig.register("<sip:b@h>;expires=600")
        try rig.table.expire(now: now)
        rig.usrloc.deliver(try rig.table, now: now)
        #expect(said(rig).last == "gone sip:b@h of sip:alice@localhost")
        #expect(said(rig).count == 2)
    }

    @Test("it runs for a binding that a later registration has collected before the timer")
    func collected() throws {
        let rig = try rig()
        try rig.register("<sip:a@h>;expires=60")
        rig.now.seconds += 100
        try rig.register("<sip:b@h>;expires=20000", callID: "c2")
        #expect(try rig.bindings().map(\.uri) == ["sip:b@h"])
        #expect(said(rig).isEmpty)
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of sip:alice@localhost"])
    }

    @Test("$ulc(exp=>...) shows the binding, and the route may look into the table")
    func profile() throws {
        let rig = try rig(
            events: """
                event_route[usrloc:contact-expired] {
                    $var(n) = 0;
                    if (registered("location", "sip:alice@example.com")) { $var(n) = 1; }
                    $var(t) = $ulc(exp=>aor) + " " + $ulc(exp=>addr) + " " + $ulc(exp=>callid);
                    xlog("L_INFO", "$var(t) $ulc(exp=>count) $ulc(exp=>domain) $var(n)");
                }
                """)
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=20000")
        rig.usrloc.tick()
        #expect(said(rig) == ["alice sip:a@h call-1 1 location 1"])
    }

    @Test("in db_mode 3 it runs for the rows that the timer deletes, of this server alone")
    func databaseOnly() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig(
            "usrloc db_mode 3; usrloc server_id_filter 1", serverID: 5, database: database,
            events: Self.tells)
        rig.now.seconds -= 10_000
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=20000")
        rig.usrloc.tick()
        #expect(said(rig) == ["gone sip:a@h of sip:alice@localhost"])
        #expect(database.rows.count == 1)
        rig.usrloc.tick()
        #expect(said(rig).count == 1)
    }

    @Test("without the route nobody listens, and tables note nothing")
    func nobody() throws {
        let rig = try rig(events: "")
        #expect(rig.usrloc.wantedEvents.isEmpty)
        try rig.register("<sip:a@h>;expires=600")
        rig.usrloc.tick()
        #expect(try rig.table.statistics.contacts.value == 0)
    }
}
