import Basics
import Synchronization
import JSONValue
import Logging
import Management
import ModuleKit

/// Commands that tests call: those of the specification's examples, and some that stream or wait.
enum SampleCommands {
    static let subtract = BoundMethod(
        "subtract", module: "sample",
        [
            RPCParameter("minuend", .integer, "What is subtracted from"),
            RPCParameter("subtrahend", .integer, "What is subtracted"),
        ],
        result: .integer, "Subtracts", example: RPCExample([42, 23], 19)
    ) { call in
        .value(.integer(Int64((call.integer(0) ?? 0) - (call.integer(1) ?? 0))))
    }

    static let sum = BoundMethod(
        "sum", module: "sample",
        [RPCParameter("numbers", .integer, isOptional: true, isRest: true, "What to add")],
        result: .integer, "Adds", example: RPCExample([1, 2, 4], 7)
    ) { call in
        .value(.integer(Int64(call.rest(0).compactMap { Int($0) }.reduce(0, +))))
    }

    static let data = BoundMethod(
        "get_data", module: "sample", result: .array(.any), "Answers",
        example: RPCExample([], ["hello", 5])
    ) { _ in .value(["hello", 5]) }

    static let mixed = BoundMethod(
        "mixed", module: "sample",
        [
            RPCParameter("table", .string, "A table"),
            RPCParameter("q", .number, isOptional: true, "A preference"),
            RPCParameter("value", .value, isOptional: true, "Anything"),
        ],
        result: .array(.any), missingParameterCode: 500, "Shows what it got",
        example: RPCExample(["a"], ["a", nil, nil])
    ) { call in
        .value(.array(call.values.map { $0 ?? .null }))
    }

    static let fail = BoundMethod(
        "fail", module: "sample", result: .nothing, isChange: true, "Refuses",
        example: RPCExample([], [:])
    ) { _ throws(RPCError) in throw RPCError(404, "AOR not found", data: ["aor": "x"]) }

    static let plain = BoundMethod(
        "done", module: "sample", result: .nothing, "Does nothing", example: RPCExample([], [:])
    ) { _ in .done }

    /// A dump of `count` records of about a hundred bytes.
    static func dump(_ counter: Counter = Counter()) -> BoundMethod {
        BoundMethod(
            "dump", module: "sample",
            [RPCParameter("count", .integer, isOptional: true, "Records")],
            result: .array(.object([.init("Contact", .string)], others: nil)), "Dumps",
            example: RPCExample([1], [["Contact": "sip:0"]])
        ) { call in .stream(Records(call.integer(0) ?? 1000, counter)) }
    }

    /// Counts its calls.
    static func count(_ counter: Counter) -> BoundMethod {
        BoundMethod(
            "count", module: "sample", result: .integer, "Counts", example: RPCExample([], 1)
        ) { _ in
            counter.add()
            return .value(.integer(Int64(counter.value)))
        }
    }

    /// Waits until the gate is opened.
    static func wait(_ gate: Gate) -> BoundMethod {
        BoundMethod(
            "wait", module: "sample", result: .nothing, "Waits", example: RPCExample([], [:])
        ) { _ in
            gate.pass()
            return .done
        }
    }

    static func dispatcher(
        _ others: [BoundMethod] = [], logger: Logger = Logger(label: "test") { _ in Silence() }
    ) -> JSONRPCDispatcher {
        JSONRPCDispatcher(
            registry: CommandRegistry(
                [subtract, sum, data, mixed, fail, plain, dump()] + others),
            logger: logger)
    }
}

/// A door that stays closed until it is opened.
final class Gate: Sendable {
    private let isOpen = Guarded(false)
    let waiting = Counter()

    func open() { isOpen.withLock { $0 = true } }

    func pass() {
        waiting.add()
        while !isOpen.withLock({ $0 }) { Pause.briefly() }
    }
}

/// A result of many records, ten at a time.
final class Records: ResultStream {
    private let state: Guarded<Int>
    private let total: Int
    private let produced: Counter

    init(_ total: Int, _ produced: Counter) {
        self.total = total
        self.produced = produced
        state = Guarded(-1)
    }

    func produce(into writer: inout JSONWriter) -> Bool {
        let place = state.withLock { place in
            defer { place = max(place, 0) + 10 }
            return place
        }
        if place < 0 { writer.beginArray() }
        let start = max(place, 0)
        for number in start..<min(start + 10, total) {
            writer.beginObject()
            writer.key("Contact")
            writer.string(
                "sip:\(number)@example.com;transport=udp;a-rather-long-parameter=\(number)")
            writer.endObject()
            produced.add()
        }
        guard start + 10 >= total else { return true }
        writer.endArray()
        return false
    }
}

/// A log that nobody reads.
struct Silence: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .critical
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {}
}

/// A log that keeps its lines.
struct Memory: LogHandler {
    final class Lines: Sendable {
        private let lines = Guarded<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug
    init(_ lines: Lines) { self.lines = lines }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.add("\(event.level) \(event.message)") }
}
