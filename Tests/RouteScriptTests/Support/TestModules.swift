import Basics
import Synchronization
import ModuleKit
import SIPSyntax

/// A core with the global parameters that the samples set.
final class TestCore: ServerModule {
    struct Parameters: Sendable {
        var debug = 0
        var children = 8
        var logsToStandardError = false
        var acceptsWithoutLength = false
        var hasAutomaticAliases = true
        var maxWhileLoops = 100
        var maxRecursiveLevel = 256
        var returnMode = 0
        var logName = ""
    }

    static let defaults = Parameters()
    static let manifest = Manifest<TestCore>(
        "core", "The core.",
        parameters: [
            ParameterRow("debug", \.debug, -5...3, "How much is logged."),
            ParameterRow("children", \.children, 1...64, "Workers."),
            ParameterRow("log_stderror", \.logsToStandardError, "Whether to log to stderr."),
            ParameterRow("tcp_accept_no_cl", \.acceptsWithoutLength, "For HTTP."),
            ParameterRow("auto_aliases", \.hasAutomaticAliases, "Whether names are looked up."),
            ParameterRow("max_while_loops", \.maxWhileLoops, 0...1_000_000, "Most turns."),
            ParameterRow("max_recursive_level", \.maxRecursiveLevel, 1...1_000, "Depth."),
            ParameterRow("return_mode", \.returnMode, 0...1, "How codes are seen."),
            ParameterRow("log_name", \.logName, "Name in the log."),
        ])

    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {}
}

/// A module that a script can talk to, and that remembers what it was told.
final class TestModule: ServerModule {
    struct Parameters: Sendable {
        var size = 5
        var name = "none"
    }

    static let defaults = Parameters()
    static let manifest = Manifest<TestModule>(
        "probe", "Shows what a script does.",
        parameters: [
            ParameterRow("size", \.size, 1...10, "A number."),
            ParameterRow("name", \.name, "A string."),
        ],
        functions: [
            FunctionRow("note", .string("text"), returns: "1", "Remembers a text.") {
                (module, context, text: ScriptText) in
                let line = context.string(text)
                module.notes.withLock { $0.append(line) }
                return 1
            },
            FunctionRow("code", .integer("value"), returns: "its argument", "Returns a code.") {
                (_, _, value: Int) in value
            },
            FunctionRow(
                "only_failure", routes: .failure, returns: "1", "For failure routes only."
            ) { (_, _) in 1 },
            FunctionRow(
                "arm", .route("name", .failure), returns: "1", "Names a failure route."
            ) { (_, context, name: ScriptText) in context.length(of: name) },
            FunctionRow(
                "table", .constant("name"), Argument.integer("flags").optional, returns: "1",
                "Has an optional argument."
            ) { (_, _, _: String, _: Int?) in 1 },
        ],
        variables: [
            VariableRow("rm", "The method.") { .text(.message($0.methodName)) },
            VariableRow("ru", isWritable: true, "The request URI.") { _, _ in
                VariableAccess(read: { .text($0.requestURI) }) { context, value in
                    guard case .text(let text) = value else { return false }
                    return context.setRequestURI(context.bytes(of: text))
                }
            },
            VariableRow(
                "hdr", inner: .required, "A header field.",
                check: { (reference) throws(ArgumentError) in
                    if reference.inner == "" { throw ArgumentError("no name") }
                },
                compile: { (_, reference) throws(ArgumentError) in
                    let name = Array((reference.inner ?? "").utf8)
                    return VariableAccess { context in
                        let range = context.message.header(named: name.span)
                        return range.map { .text(.message($0)) } ?? .null
                    }
                }),
            VariableRow(
                "field", inner: .required, accepts: .every,
                "A header field whose name and number the script may compute.",
                compile: { (_, reference) throws(ArgumentError) in
                    try TestField(reference).access
                }),
            VariableRow("var", inner: .required, isWritable: true, "A variable.") {
                module, reference in module.variable(reference.inner ?? "")
            },
        ],
        eventRoutes: [EventRouteRow("probe:rang", "Somebody rang.")])

    let notes = Guarded<[String]>([])
    private let slots = Guarded<[String: Int]>([:])

    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        if setup.parameters.name == "refuse" { throw StartFailure("refused") }
    }

    private func variable(_ name: String) -> VariableAccess {
        let slot = slots.withLock { slots in
            let slot = slots[name] ?? slots.count
            slots[name] = slot
            return slot
        }
        return VariableAccess(
            read: { $0.variables.count > slot ? $0.variables[slot] : .integer(0) },
            write: { context, value in
                while context.variables.count <= slot { context.variables.append(.integer(0)) }
                var kept = value
                if case .text(let text) = value { kept = .text(.owned(context.bytes(of: text))) }
                if case .null = value { kept = .integer(0) }
                context.variables[slot] = kept
                return true
            })
    }
}

/// A module that needs another one before it.
final class TestRegistrar: ServerModule {
    struct Parameters: Sendable {
        var maxExpires = 0
        var databaseURL = ""
    }

    static let defaults = Parameters()
    static let manifest = Manifest<TestRegistrar>(
        "registrar", "Stores contacts.", requires: ["usrloc"],
        parameters: [
            ParameterRow("max_expires", \.maxExpires, 0...1_000_000, "Longest time."),
            ParameterRow("db_url", \.databaseURL, "Database."),
        ],
        functions: [
            FunctionRow(
                "save", .constant("domain"), Argument.integer("flags").optional,
                Argument.string("uri").optional, routes: [.request, .failure],
                returns: "1", "Stores contacts."
            ) { (_, _, _: String, _: Int?, _: ScriptText?) in 1 }
        ])

    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {}
}

/// A module that others need.
final class TestUsrloc: ServerModule {
    struct Parameters: Sendable {
        var databaseURL = ""
        var databaseMode = 0
        var timerInterval = 60
        var usesDomain = false
    }

    static let defaults = Parameters()
    static let manifest = Manifest<TestUsrloc>(
        "usrloc", "Keeps contacts.",
        parameters: [
            ParameterRow("db_url", \.databaseURL, "Database."),
            ParameterRow("db_mode", \.databaseMode, 0...4, "When it is written."),
            ParameterRow("timer_interval", \.timerInterval, 1...3600, "How often."),
            ParameterRow("use_domain", \.usesDomain, "Whether domains differ."),
        ],
        eventRoutes: [EventRouteRow("usrloc:contact-expired", "A contact expired.")])

    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {}
}

/// All modules of the tests.
enum TestCatalogue {
    static let core = ModuleBlueprint(TestCore.self)
    static let modules = [
        ModuleBlueprint(TestModule.self), ModuleBlueprint(TestUsrloc.self),
        ModuleBlueprint(TestRegistrar.self),
    ]
}

/// A header field by a name and a number that may both be computed.
struct TestField: Sendable {
    let reference: VariableReference
    /// What stands before and behind `=>`, each compiled on its own.
    let parts: [(@Sendable (ScriptContext) -> ScriptValue)?]

    init(_ reference: VariableReference) throws(ArgumentError) {
        self.reference = reference
        var parts: [(@Sendable (ScriptContext) -> ScriptValue)?] = []
        if let compile = reference.compilePart, let inner = reference.inner, inner.contains("=>") {
            for part in inner.split(separator: ">") { parts.append(try compile(String(part))) }
        }
        self.parts = parts
    }

    var access: VariableAccess {
        VariableAccess { context in
            if case .all? = reference.index { return .string("all of \(reference.inner ?? "")") }
            if parts.count == 2 {
                return .string(parts.map { $0 == nil ? "constant" : "computed" }.joined())
            }
            var name = Array((reference.inner ?? "").utf8)
            if let read = reference.dynamicInner {
                guard let text = context.text(read(context)) else { return .string("no name") }
                name = context.bytes(of: text)
            }
            var place = 0
            if let index = reference.index {
                guard let number = index.number(context) else { return .string("no number") }
                place = number
            }
            let range = context.message.header(named: name.span, occurrence: max(0, place))
            return range.map { .text(.message($0)) } ?? .null
        }
    }
}
