import Foundation
import JSONValue
import TestSupport
import Testing

/// Every call whose answer was recorded with Kamailio 5.6.3, made to this server: names, members
/// and types of results are the same but for differences that have a reason.
@Suite("the recorded catalogue", .onThreads)
struct RecordedCatalogueTests {
    /// Answers of another shape, by method and parameters, with the words that
    /// docs/differences.md explains each with.
    static let differences: [String: String] = [
        "presence.watcher_list[]": "`presence.watcher_list`",
        "presence.watcher_list[\"full\"]": "`presence.watcher_list`",
        "cfg.get[\"registrar\"]": "`use_path`, `path_mode`",
        "ctl.who[]": "`ctl.who`", "ctl.connections[]": "`ctl.connections`",
        "ctl.listen[]": "`ctl.listen`", "cfg.diff[]": "`cfg.diff`",
        "dns.mem_info[]": "not marked as a list",
        "stats.clear_statistics[\"accepted_regs\"]": "not marked as a list",
        "system.methodSignature[\"ul.dump\"]": "`system.methodSignature`",
        "cfg.help[\"registrar\",\"default_expires\"]": "`cfg.help`",
        "ul.db_users[\"location\"]": "`ul.db_users`",
        "ul.db_contacts[\"location\"]": "`ul.db_users`",
        "ul.db_expired_contacts[\"location\"]": "`ul.db_users`",
    ]

    private func server() throws -> ServerProcess {
        let folder = try TemporaryFolder()
        let url = "sqlite:///\(folder.file("test.sqlite"))"
        try ServerProcess.migrate(url)
        var configuration = ServerConfiguration(databaseMode: 2, url: url)
        configuration.modules += [
            "tm", "ctl", "nathelper", "presence", "presence_xml", "rr", "pua", "pua_rpc",
            "counters",
        ]
        configuration.globals += ["use_dst_blocklist=yes", "alias=\"example.com\""]
        configuration.set("pua", "outbound_proxy", "sip:127.0.0.1:1;transport=tcp")
        configuration.set("presence_xml", "force_active", 1)
        let server = try ServerProcess(configuration, folder: folder)
        try server.phone().register("alice", "sip:alice@127.0.0.1")
        return server
    }

    private func captures() throws -> JSONValue {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("rpc-captures.json")
        return try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
    }

    @Test("every recorded command is there")
    func names() throws {
        let server = try server()
        let listed = try server.rpc.call("system.listMethods").items?.compactMap(\.text) ?? []
        let recorded = try captures()["methods"]?.items?.compactMap(\.text) ?? []
        #expect(recorded.count == 133)
        #expect(recorded.filter { !listed.contains($0) } == [])
    }

    @Test("every recorded call is answered in the recorded shape, but for named differences")
    func calls() throws {
        let server = try server()
        var found: [String: String] = [:]
        for call in try captures()["calls"]?.items ?? [] {
            let method = call["method"]?.text ?? ""
            let parameters = call["params"]?.items ?? []
            let recorded = call["answer"] ?? .null
            let answer: JSONValue
            do {
                answer = ["result": try server.rpc.call(method, parameters)]
            } catch let fault as RPCFault {
                answer = ["error": ["code": .integer(Int64(fault.code)), "message": ""]]
            }
            guard let difference = Self.difference(recorded, answer, at: "") else { continue }
            found[method + JSONValue.array(parameters).encoded()] = difference
        }
        let named = Self.differences.filter { !$0.value.isEmpty }
        for (call, difference) in found where named[call] == nil {
            Issue.record("\(call): \(difference)")
        }
        for (call, _) in named where found[call] == nil {
            Issue.record("\(call) is answered as it was recorded: take it off the list")
        }
        #expect(server.faults == [])
    }

    @Test("every named difference is explained to users")
    func explained() throws {
        let page = try String(
            contentsOf: URL(fileURLWithPath: "\(ToolPath.package)/docs/differences.md"),
            encoding: .utf8)
        for words in Set(Self.differences.values) where !words.isEmpty {
            #expect(page.contains(words), "\(words)")
        }
    }

    /// The first place at which two answers have another shape; nil where they have the same.
    ///
    /// Lists are compared by their first elements; what is null stands for any scalar; members of
    /// an object must be the recorded ones.
    private static func difference(
        _ recorded: JSONValue, _ answer: JSONValue, at place: String
    ) -> String? {
        switch (recorded, answer) {
        case (.null, _), (_, .null), (.string, .string), (.bool, .bool): return nil
        case (.integer, .integer), (.integer, .double), (.double, .integer), (.double, .double):
            return nil
        // A star stands for any number, as in the port of an alias.
        case (.integer, .string("*")), (.string("*"), .integer): return nil
        case (.array(let left), .array(let right)):
            guard let first = left.first, let other = right.first else { return nil }
            return difference(first, other, at: "\(place)[0]")
        case (.object(let left), .object(let right)):
            if place.hasSuffix("/error") {
                let same = recorded["code"] == answer["code"]
                return same ? nil : "\(place): \(answer.encoded()) for \(recorded.encoded())"
            }
            for member in left where !right.contains(where: { $0.name == member.name }) {
                return "\(place)/\(member.name) is missing"
            }
            for member in right {
                guard let known = left.first(where: { $0.name == member.name }) else {
                    return "\(place)/\(member.name) is new"
                }
                let inner = difference(
                    known.value, member.value, at: "\(place)/\(member.name)")
                if let inner { return inner }
            }
            return nil
        default: return "\(place): another type"
        }
    }
}
