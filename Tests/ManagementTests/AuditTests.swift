import Basics
import JSONValue
import Logging
import ModuleKit
import Testing

@testable import Management

@Suite("the record of changes")
struct AuditTests {
    private let caller = RPCCaller(channel: "http", address: "127.0.0.1:9", user: "ann")
    private let silence = Logger(label: "test") { _ in Silence() }

    private func runner(
        _ lines: Memory.Lines = Memory.Lines(), capacity: Int = 10
    ) -> CommandRunner {
        let change = BoundMethod(
            "set", module: "sample", [RPCParameter("value", .integer, "Value")], result: .nothing,
            isChange: true, "Sets", example: RPCExample([1], [:])
        ) { (call) throws(RPCError) in
            guard let value = call.integer(0), value < 100 else { throw RPCError(400, "too much") }
            call.note("sample.value", old: 0, new: .integer(Int64(value)))
            return .done
        }
        let look = BoundMethod(
            "look", module: "sample", result: .integer, "Looks", example: RPCExample([], 1)
        ) { (call) in .value(call.changes == nil ? 1 : 0) }
        return CommandRunner(
            registry: CommandRegistry([change, look]), audit: AuditLog(capacity: capacity),
            logger: Logger(label: "test") { _ in Memory(lines) })
    }

    @Test("a change is on record with who, from where, what, old and new value")
    func change() throws {
        let lines = Memory.Lines()
        let runner = runner(lines)
        _ = runner.run("set", [5], from: caller)
        let entry = try #require(runner.audit.entries(limit: 5).first)
        #expect(entry.caller == caller)
        #expect(entry.method == "set" && entry.parameters == "[5]" && entry.error == nil)
        #expect(entry.changes == [ChangeNote("sample.value", old: 0, new: 5)])
        #expect(
            lines.all == [
                "notice set [5] by http 127.0.0.1:9 ann",
                "notice sample.value changed from 0 to 5 by http 127.0.0.1:9 ann",
            ])
    }

    @Test("a refusal is on record, by the command, by its parameters and by the role")
    func refusals() {
        let runner = runner()
        _ = runner.run("set", [500], from: caller)
        _ = runner.run("set", ["x"], from: caller)
        _ = runner.run("set", [5], from: caller, as: .read)
        let codes = runner.audit.entries(limit: 5).map { $0.error?.code }
        #expect(codes == [403, RPCError.invalidParameters, 400])
        #expect(runner.audit.entries(limit: 5).allSatisfy { $0.changes.isEmpty })
    }

    @Test("a command that changes nothing is not on record, nor one that does not exist")
    func reading() {
        let runner = runner()
        guard case .success(.value(1)) = runner.run("look", nil, from: caller) else {
            Issue.record("a command that changes nothing has nowhere to note changes")
            return
        }
        _ = runner.run("nothing", nil, from: caller)
        #expect(runner.audit.count == 0)
    }

    @Test("the record is a ring: the newest first, page by page")
    func ring() {
        let runner = runner(capacity: 10)
        for number in 1...25 { _ = runner.run("set", [.integer(Int64(number))], from: caller) }
        let audit = runner.audit
        #expect(audit.count == 25)
        #expect(audit.entries(limit: 3).map(\.number) == [25, 24, 23])
        #expect(audit.entries(limit: 100, before: 20).map(\.number) == [19, 18, 17, 16])
        #expect(audit.entries(limit: 5, before: 16).isEmpty)
    }

    @Test("texts are cut, and a line end makes no second line")
    func hostile() throws {
        let lines = Memory.Lines()
        let runner = runner(lines)
        let evil = RPCCaller(channel: "http", address: "x", user: "a\nnotice b")
        _ = runner.run("set", [.string(String(repeating: "\n", count: 5_000))], from: evil)
        let entry = try #require(runner.audit.entries(limit: 1).first)
        #expect(entry.parameters.utf8.count <= Limits.loggedParametersBytesMax)
        #expect(!lines.all.contains { $0.contains("\n") })
    }

    @Test("an entry is shown as its schema says")
    func schema() throws {
        let runner = runner()
        _ = runner.run("set", [5], from: caller)
        _ = runner.run("set", [500], from: RPCCaller(channel: "ctl", address: "unix"))
        for entry in runner.audit.entries(limit: 2) {
            #expect(SchemaValidator.check(entry.json, against: AuditEntry.schema) == nil)
        }
    }

    @Test("a value that is long becomes the beginning of its text")
    func longValue() {
        let long = JSONValue.string(String(repeating: "x", count: 5_000))
        let note = ChangeNote("w", old: long, new: 1).bounded
        #expect(note.new == 1)
        #expect(note.old.text?.utf8.count == Limits.loggedParametersBytesMax)
    }
}
