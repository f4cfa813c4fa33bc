public import ModuleKit
internal import SIPSyntax

/// Module `xlog`: lines of the log, written by the script.
///
/// A line is put together only when its level is written, so a script may say much at debug level
/// without paying for it. What a stranger put into a message cannot start a line of its own.
public final class XlogModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// What stands before each line.
        public var prefix = "<script>: "
        /// Longest line in bytes; the rest is cut off.
        public var bufferSize = 4096
        /// The methods of messages for which `xlogm` is silent, one bit each.
        public var methodsFilter = -1
    }

    // Kamailio's own prefix, so that tools which look for it in a log still find it.
    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// What stands before each line.
    let prefix: [UInt8]
    private let lengthMax: Int
    private let settings: SettingsHandle<Parameters>

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        prefix = Array(setup.parameters.prefix.utf8)
        lengthMax = setup.parameters.bufferSize
        settings = setup.settings
    }

    /// Whether `xlogm` is silent for the message at hand.
    func isFiltered(_ context: ScriptContext) -> Bool {
        let message = context.message.kind == .request
        let method =
            message ? context.message.method : (try? context.message.cSeq)?.method ?? .other
        let mask = context.with(settings) { $0.methodsFilter }
        return UInt32(truncatingIfNeeded: mask) & method.rawValue != 0
    }

    /// A call that writes a line at a level; the text is only put together when it is shown.
    func writing(_ level: ScriptLevel, _ text: Evaluator<ScriptText>) -> CompiledCall {
        { [self] context in
            // Debug lines stand in many scripts; a line that is not shown must cost next to
            // nothing.
            if context.isLogging(level) { write(context, level, text) }
            return 1
        }
    }

    /// Writes a line; a text without a value shows as `<null>`.
    func write(_ context: ScriptContext, _ level: ScriptLevel, _ text: Evaluator<ScriptText>) {
        let words = text.value(context).map { context.bytes(of: $0) } ?? Array("<null>".utf8)
        let line = prefix + words.prefix(lengthMax)
        context.log(level, line.span)
    }
}
