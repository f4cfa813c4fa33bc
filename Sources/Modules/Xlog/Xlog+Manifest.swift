internal import Basics
public import ModuleKit

extension XlogModule {
    /// What the module declares.
    public static let manifest = Manifest<XlogModule>(
        "xlog", "Lines of the log, written by the script.",
        parameters: [
            ParameterRow("prefix", \.prefix, "What stands before each line."),
            ParameterRow(
                "buf_size", \.bufferSize, 16...65_535,
                "Longest line in bytes; the rest is cut off."),
            ParameterRow(
                "methods_filter", \.methodsFilter, -1...0xffff_ffff,
                "The methods of messages for which xlogm() is silent, a sum of bits; -1 is all.",
                runtime: .changeable),
        ],
        functions: [general, filtered] + named.map(leveled))

    /// `xlogm(level, text)`: silent for the methods of `methods_filter`.
    private static let filtered = FunctionRow<XlogModule>(
        "xlogm", .string("level"), .string("text"), returns: "1",
        "Writes a line unless methods_filter has the method of the message.",
        compile: { (module, level, text) throws(ArgumentError) in
            let call = try leveled(module, level, text)
            return { context in module.isFiltered(context) ? 1 : call(context) }
        })

    /// `xlog(text)`, `xlog(level, text)`, `xlog(facility, level, text)`.
    private static let general = FunctionRow<XlogModule>(
        "xlog", .string("level"), Argument.string("text").optional,
        Argument.string("last text").optional, returns: "1",
        "Writes a line; without a level it is an error.",
        compile: { (module, first, second, third) throws(ArgumentError) in
            // How many arguments there are is known when the script is loaded, so each form
            // compiles to
            // a call of its own.
            if case .constant(nil) = second {
                return module.writing(.error, first)
            }
            if case .constant(nil) = third {
                return try leveled(module, first, unwrap(second))
            }
            // Refused and not ignored: whoever gives a facility has a rule in syslog that waits for
            // it.
            throw ArgumentError("a facility of its own is not supported: the log has one")
        })

    /// An optional argument that is there.
    private static func unwrap(_ evaluator: Evaluator<ScriptText?>) -> Evaluator<ScriptText> {
        .dynamic { context in evaluator.value(context).flatMap { $0 } }
    }

    private static func leveled(
        _ module: XlogModule, _ level: Evaluator<ScriptText>, _ text: Evaluator<ScriptText>
    ) throws(ArgumentError) -> CompiledCall {
        // A constant level is looked up once; only one in a pseudo-variable is looked up per call.
        guard case .constant(.owned(let bytes)) = level else {
            return { context in
                guard let chosen = level.value(context).flatMap({ Self.level($0, context) }) else {
                    return -1
                }
                if context.isLogging(chosen) { module.write(context, chosen, text) }
                return 1
            }
        }
        let name = String(decoding: bytes, as: UTF8.self)
        guard let known = Self.level(name) else {
            throw ArgumentError(
                "\"\(name)\" is no level: L_ALERT, L_BUG, L_CRIT, L_ERR, L_WARN, L_NOTICE,"
                    + " L_INFO and L_DBG are")
        }
        return module.writing(known, text)
    }

    /// The level of a name, or of a number such as a pseudo-variable may hold.
    private static func level(_ name: String) -> ScriptLevel? {
        ScriptLevel(name: name) ?? ScriptNumber.parse(name).map { ScriptLevel(number: $0) }
    }

    /// The level that a pseudo-variable holds at this call.
    private static func level(_ text: ScriptText, _ context: ScriptContext) -> ScriptLevel? {
        level(context.string(text))
    }

    /// The functions that have their level in their name.
    private static let named: [(String, ScriptLevel)] = [
        ("xalert", .alert), ("xbug", .bug), ("xcrit", .critical), ("xerr", .error),
        ("xwarn", .warning), ("xnotice", .notice), ("xinfo", .info), ("xdbg", .debug),
    ]

    private static func leveled(_ row: (String, ScriptLevel)) -> FunctionRow<XlogModule> {
        let (name, level) = row
        return FunctionRow(
            name, .string("text"), returns: "1", "Writes a line at the level of its name.",
            compile: { (module, text) throws(ArgumentError) in module.writing(level, text) })
    }
}
