internal import Basics
internal import JSONValue
internal import Management
internal import ModuleKit

/// What a script does with commands: `jsonrpc_exec()` and `$jsonrpl()`.
extension JSONRPC {
    /// What the last command of a script answered.
    final class LastAnswer {
        /// 200, or the code of the error as HTTP has codes; 0 before the first command.
        var code = 0
        /// "OK", or what went wrong.
        var text: [UInt8]?
        /// The whole answer.
        var body: [UInt8]?
    }

    /// The functions.
    static var functions: [FunctionRow<JSONRPC>] {
        [
            FunctionRow(
                "jsonrpc_exec", .string("request"), returns: "1 run, -1 the text is no JSON",
                "Runs a command given as a JSON-RPC request; $jsonrpl() has the answer."
            ) { (module, context, request: ScriptText) in
                module.execute(context.bytes(of: request), context)
            },
            FunctionRow(
                "jsonrpc_dispatch", routes: [.request, .event],
                returns: "1 there is nothing to answer",
                """
                Does nothing: requests to /RPC are answered by module microhttpd before a script \
                sees them.
                """
            ) { (_, _) in 1 },
        ]
    }

    /// The variable `$jsonrpl`.
    static var variables: [VariableRow<JSONRPC>] {
        [
            VariableRow(
                "jsonrpl", inner: .required,
                "The answer to the last jsonrpc_exec: code, text (or reason), body.",
                check: { (reference) throws(ArgumentError) in try check(reference.inner) },
                compile: { (module, reference) throws(ArgumentError) in
                    try check(reference.inner)
                    let part = reference.inner ?? ""
                    return VariableAccess(read: { context in
                        let last = context.workspace(module.settings) { LastAnswer() }
                        switch part {
                        case "code": return .integer(last.code)
                        case "body": return last.body.map { .text(.owned($0)) } ?? .null
                        default: return last.text.map { .text(.owned($0)) } ?? .null
                        }
                    })
                })
        ]
    }

    private static func check(_ part: String?) throws(ArgumentError) {
        guard let part, ["code", "text", "reason", "body"].contains(part) else {
            throw ArgumentError("$jsonrpl has code, text, reason and body")
        }
    }

    /// Runs a request on the script's own thread; what it answers is kept until the next.
    ///
    /// A text that is no JSON leaves the last answer as it was, as in Kamailio. A request without
    /// an id is answered all the same: the script asks in order to see.
    private func execute(_ text: [UInt8], _ context: ScriptContext) -> Int {
        guard var request = try? JSONValue(parsing: text.span) else { return -1 }
        if case .object(var members) = request, request["id"] == nil {
            members.append(JSONValue.Member("id", .null))
            request = .object(members)
        }
        let caller = RPCCaller(channel: "script", address: "jsonrpc_exec")
        let document = Array(request.encoded().utf8)
        guard let answer = dispatcher.answer(document.span, from: caller) else { return -1 }
        var writer = JSONWriter(capacity: 1_024, isPretty: answer.isPretty)
        while answer.produce(into: &writer) {
            guard writer.bytes.count > Limits.scriptTextBytesMax else { continue }
            answer.abandon()
            break
        }
        let last = context.workspace(settings) { LastAnswer() }
        guard writer.bytes.count <= Limits.scriptTextBytesMax else {
            last.code = 500
            last.text = Array("The answer is longer than a string may be".utf8)
            last.body = nil
            return 1
        }
        last.body = Array(copying: writer.bytes.span)
        last.code = 200
        last.text = Array("OK".utf8)
        if let error = (try? JSONValue(parsing: writer.bytes.span))?["error"] {
            last.code = Self.status(error["code"]?.integer ?? 500)
            last.text = Array((error["message"]?.text ?? "Unexpected Error").utf8)
        }
        return 1
    }

    /// The status of HTTP for an error's code, as scripts hand it on.
    static func status(_ code: Int) -> Int {
        switch code {
        case RPCError.parseError, RPCError.invalidRequest, RPCError.invalidParameters: 400
        case 100...699: code
        default: 500
        }
    }
}
