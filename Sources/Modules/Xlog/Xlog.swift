public import ModuleKit

/// Module `xlog`: lines of the log, written by the script.
public final class XlogModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// What stands before each line.
        public var prefix = "<script>: "
    }

    // Kamailio's own prefix, so that tools which look for it in a log still find it.
    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// What stands before each line.
    let prefix: [UInt8]

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        prefix = Array(setup.parameters.prefix.utf8)
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
        let line = prefix + words
        context.log(level, line.span)
    }
}
