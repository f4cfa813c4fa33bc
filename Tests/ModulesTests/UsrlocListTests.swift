import Basics
import JSONValue
import Locations
import ModuleKit
import Testing

@testable import Usrloc

/// `ul.list`: the bindings page by page.
@Suite("usrloc: pages of bindings")
struct UsrlocListTests {
    /// One page.
    private func page(
        _ rig: RegistrarRig, _ limit: Int, filter: String = "", after: String = ""
    ) throws -> JSONValue {
        let answer = try rig.services.call(
            "ul.list", "location", .integer(Int64(limit)), .string(filter), .string(after))
        return try #require(answer["result"], "\(answer.encoded())")
    }

    /// AoRs and contacts of all pages, and how many pages there were.
    private func walk(
        _ rig: RegistrarRig, _ limit: Int, filter: String = "",
        between: (Int) throws -> Void = { _ in }
    ) throws -> (aors: [String], contacts: [String], pages: Int) {
        var aors: [String] = []
        var contacts: [String] = []
        var after = ""
        var pages = 0
        repeat {
            let page = try page(rig, limit, filter: filter, after: after)
            for record in page["records"]?.items ?? [] {
                aors.append(record["AoR"]?.text ?? "")
                for item in record["Contacts"]?.items ?? [] {
                    contacts.append(item["Contact"]?["Address"]?.text ?? "")
                }
            }
            pages += 1
            try between(pages)
            after = page["after"]?.text ?? ""
        } while !after.isEmpty && pages < 10_000
        return (aors, contacts, pages)
    }

    /// Puts bindings into the table without messages.
    private func fill(_ rig: RegistrarRig, _ users: Range<Int>, prefix: String = "user") throws {
        let table = try #require(rig.usrloc.existingTable(named: "location"))
        for user in users {
            var texts = ByteWriter(capacity: 128)
            var request = RegistrationRequest()
            request.callID = Self.keep("call-\(user)", &texts)
            request.cseq = 1
            request.userAgent = Self.keep("phone/\(user % 10)", &texts)
            let until = WallTime(seconds: rig.now.seconds + 600)
            let uri = Self.keep("sip:\(prefix)\(user)@192.0.2.1", &texts)
            _ = request.append(ContactUpdate(uri: uri, lifetime: .until(until)))
            let name = Array("\(prefix)\(user)".utf8)
            let outcome = table.register(
                name.span, request, message: Span(), scratch: texts.span,
                rules: RegistrationRules(), now: rig.now)
            #expect(outcome.isAccepted)
        }
    }

    private static func keep(_ text: String, _ texts: inout ByteWriter) -> TextPlace {
        let start = texts.count
        texts.append(text)
        return .scratch(ByteRange(offset: start, count: texts.count - start))
    }

    @Test("all pages together show each AoR once, with all its contacts", arguments: [1, 7, 1_000])
    func complete(limit: Int) throws {
        let rig = try RegistrarRig()
        try fill(rig, 0..<300)
        for number in 0..<3 {
            try rig.register("<sip:a\(number)@192.0.2.9>", callID: "c\(number)")
        }
        let all = try walk(rig, limit)
        #expect(all.aors.count == 301 && Set(all.aors).count == 301)
        #expect(all.contacts.count == 303 && Set(all.contacts).count == 303)
        #expect(all.aors.filter { $0 == "alice" }.count == 1)
        #expect(all.pages >= 303 / (limit + 2))
    }

    @Test("a page holds no more than its limit and the rest of its last AoR")
    func bounded() throws {
        let rig = try RegistrarRig()
        try fill(rig, 0..<200)
        for limit in [1, 10, 100] {
            let records = try page(rig, limit)["records"]?.items ?? []
            #expect(records.count == limit)
        }
        let answer = try page(rig, 1_000)
        #expect(answer["records"]?.items?.count == 200)
        #expect(answer["after"] == nil)
        #expect(answer["users"] == 200 && answer["contacts"] == 200)
    }

    @Test("an AoR that stays is shown once whatever comes and goes between two pages")
    func churn() throws {
        let rig = try RegistrarRig()
        try fill(rig, 0..<200)
        let table = try #require(rig.usrloc.existingTable(named: "location"))
        let all = try walk(rig, 10) { round in
            try fill(rig, (round * 50)..<(round * 50 + 50), prefix: "guest")
            for user in (round * 50)..<(round * 50 + 25) {
                _ = table.remove(Array("guest\(user)".utf8).span, now: rig.now)
            }
            // A table that grows while it is walked must come to an end all the same.
            try #require(round < 2_000)
        }
        let stayed = all.aors.filter { $0.hasPrefix("user") }
        #expect(stayed.count == 200 && Set(stayed).count == 200)
    }

    @Test(
        "the filter looks at AoR, contact, User-Agent and received address, whatever the case",
        arguments: [
            ("alice", 1), ("ALICE", 1), ("192.0.2.77", 1), ("sip:bob", 1), ("softPHONE", 1),
            ("10.1.2.3", 2), ("desk", 1), ("nobody", 0), ("", 2), ("\u{0}", 0),
        ])
    func filter(text: String, expected: Int) throws {
        let rig = try RegistrarRig("registrar received_avp $avp(RCV)")
        rig.prepare = { context in
            _ = context.attributes.add(Array("RCV".utf8), .string("sip:10.1.2.3:5070"))
        }
        try rig.register("<sip:alice@192.0.2.77>", "User-Agent: Desk/1")
        try rig.register(
            "<sip:bob@192.0.2.78>", callID: "b", to: "<sip:bob@example.com>",
            "User-Agent: Softphone/2")
        #expect(try walk(rig, 10, filter: text).aors.count == expected)
    }

    @Test("a filter that finds nothing looks at so much a call and no more")
    func steps() throws {
        let rig = try RegistrarRig()
        let count = 40_000
        try fill(rig, 0..<count)
        let none = try walk(rig, 50, filter: "no such phone")
        #expect(none.aors.isEmpty)
        #expect(none.pages >= count / Limits.listedLooksMax)
        #expect(none.pages <= 2 * (count / Limits.listedLooksMax + 1))
        let one = try walk(rig, 50, filter: "user39999")
        #expect(one.aors == ["user39999"])
        // Without a filter the first page stops at its limit.
        let first = try page(rig, 50)
        #expect(first["records"]?.items?.count == 50)
        #expect(first["contacts"] == .integer(Int64(count)))
    }

    @Test(
        "parameters out of bounds are told with what is allowed",
        arguments: [
            (["limit": 0], "1 to 1000"), (["limit": 1_001], "1 to 1000"),
            (["limit": -5], "1 to 1000"), (["after": "x"], "as after"),
            (["after": "-1"], "as after"), (["after": "18446744073709551615"], "as after"),
            (["after": "274877906944"], "as after"),
            (["filter": .string(String(repeating: "a", count: 257))], "256 bytes"),
            (["table": "nowhere"], "not found"),
        ] as [(JSONValue, String)])
    func refused(parameters: JSONValue, words: String) throws {
        let rig = try RegistrarRig()
        var members = parameters.members ?? []
        if parameters["table"] == nil { members.append(.init("table", "location")) }
        let answer = try rig.services.exchange("ul.list", .object(members))
        #expect(answer["error"]?["code"] == 500)
        #expect(answer["error"]?["message"]?.text?.contains(words) == true, "\(answer.encoded())")
    }

    @Test("a place that is gone by now is the end of its part of the table")
    func stale() throws {
        let rig = try RegistrarRig()
        try fill(rig, 0..<10)
        let last = UInt64(LocationTable.shardCount - 1) << 32 | 4_000_000_000
        let answer = try page(rig, 10, after: "\(last)")
        #expect(answer["records"] == [] && answer["after"] == nil)
    }

    @Test("with db_mode 3 there is nothing in memory to show, and the error says where to look")
    func databaseOnly() throws {
        let rig = try RegistrarRig("usrloc db_mode 3", database: FakeDatabase())
        let answer = try rig.services.call("ul.list", "location")
        #expect(answer["error"]?["message"]?.text?.contains("ul.lookup") == true)
    }

    @Test(
        "a text is found wherever it stands",
        arguments: [
            ("a", "a", true), ("a", "A", true), ("A", "xxa", true), ("ab", "a", false),
            ("ab", "aab", true), ("aab", "aaab", true), ("", "", true), ("", "x", true),
            ("x", "", false), ("[", "{", false), ("@", "`", false), ("é", "caf\u{e9}", true),
        ])
    func search(wanted: String, text: String, expected: Bool) {
        let bytes = Array(text.utf8)
        #expect(SearchText(wanted).stands(in: bytes.span) == expected)
        #expect(SearchText(wanted).isEmpty == wanted.isEmpty)
    }
}
