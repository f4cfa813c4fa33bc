import Basics
import Locations
import ModuleKit
import SIPSyntax

/// What a REGISTER is answered with.
extension RegistrarModule {
    /// Sends the reply, or leaves it to the script: with flag 0x02 nothing is sent, and with 0x10 its
    /// header fields go into the reply that the script sends.
    func answer(
        _ context: ScriptContext, _ flags: SaveFlags, _ status: Int, _ work: RegistrarWorkspace
    ) {
        work.reply.status = status
        guard flags.contains(.noReply) else { return send(context, status, work.headers) }
        guard flags.contains(.prepareReply) else { return }
        context.replyHeaders.append(work.headers.span)
        work.reply.isPrepared = true
    }

    /// The function `reg_send_reply`: sends the reply of a `save` that sent none.
    ///
    /// Returns -1 when no `save` was called for this message.
    func sendReply(_ context: ScriptContext) -> Int {
        let work = context.workspace(settings) { RegistrarWorkspace() }
        guard work.reply.status > 0, work.reply.message == context.messageNumber else { return -1 }
        if work.reply.isPrepared {
            return context.reply(work.reply.status, Span()) ? 1 : -1
        }
        send(context, work.reply.status, work.headers)
        return context.repliedStatus == work.reply.status ? 1 : -1
    }

    private func send(_ context: ScriptContext, _ status: Int, _ headers: borrowing ByteWriter) {
        let lines = headers.span
        context.reply(status, Span()) { writer in writer.append(lines) }
    }

    /// Writes what a phone needs to do better: the shortest lifetime (RFC 3261 20.23), what is not
    /// supported or has to be (8.2.2.3, 21.4.16), and when to try again (20.33).
    func refuse(
        _ failure: RegistrarFailure, _ parameters: borrowing RegistrarParameters,
        _ headers: inout ByteWriter
    ) {
        Self.closeContact(&headers)
        switch failure {
        case .tooBrief(let minimum):
            headers.append("Min-Expires: ")
            headers.append(decimal: minimum)
            headers.append("\r\n")
        case .pathUnsupported: RequiredExtensions.path.writeUnsupported(into: &headers)
        case .unsupported(let extensions): extensions.writeUnsupported(into: &headers)
        case .outboundRequired:
            headers.append("Require: outbound\r\nSupported: outbound\r\n")
        default: break
        }
        headers.append("P-Registrar-Error: ")
        headers.append(failure.text)
        headers.append("\r\n")
        guard failure.status >= 500, parameters.retryAfter > 0 else { return }
        headers.append("Retry-After: ")
        headers.append(decimal: parameters.retryAfter)
        headers.append("\r\n")
    }

    /// Ends the line of Contact, if there is one.
    static func closeContact(_ headers: inout ByteWriter) {
        if headers.count > 0 { headers.append("\r\n") }
    }

    /// Shows a client that supports Path the one that was stored (RFC 3327 5.3).
    static func writePath(
        _ message: borrowing SIPMessage, _ parameters: borrowing RegistrarParameters,
        _ input: borrowing RegistrarInput, _ headers: inout ByteWriter
    ) {
        let path = input.request.path
        guard !path.isEmpty, parameters.pathMode != .off else { return }
        guard parameters.pathMode == .strict || supportsPath(message) else { return }
        headers.append("Path: ")
        headers.append(
            path.isScratch ? input.scratch.span(path.range) : message[path.range])
        headers.append("\r\n")
    }
}
