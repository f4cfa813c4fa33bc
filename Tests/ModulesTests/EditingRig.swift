import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Synchronization
import Testing

extension ScriptRig {
    /// The message with the changes that wait, as text with newlines.
    func rendered(outgoing: ListeningSocket? = nil) -> String {
        var writer = ByteWriter()
        context.renderEdited(into: &writer, outgoing: outgoing)
        return writer.text.replacing("\r\n", with: "\n")
    }

    /// Runs `reply_route` on a reply and returns what the script said.
    func runReply(_ message: String = ScriptRig.reply) throws -> [String] {
        let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
        try context.message.load(bytes.span)
        context.reset(
            origin: Origin(
                transport: .udp, socket: SocketIndex(0),
                source: PeerAddress(ipv4: 0x0a01_0203, port: 5070)),
            now: WallTime(seconds: 1_700_000_000))
        program.run(.reply, in: context)
        return note.lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

/// The lines that statements take out of a message (`-`) and put in (`+`), in order.
///
/// The changed message must be one: it is read again.
func changes(
    _ statements: String, in message: String = ScriptRig.request, before: String = ""
) throws -> [String] {
    let rig = try ScriptRig(statements, before: before)
    try rig.run(message)
    let text = rig.rendered()
    var again = SIPMessage()
    let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
    try again.load(bytes.span)
    return lineChanges(from: message, to: text)
}

/// The lines that two texts differ in.
func lineChanges(from old: String, to new: String) -> [String] {
    let left = old.split(separator: "\n", omittingEmptySubsequences: false)
    let right = new.split(separator: "\n", omittingEmptySubsequences: false)
    return right.difference(from: left).map { change in
        switch change {
        case .remove(_, let line, _): "-\(line)"
        case .insert(_, let line, _): "+\(line)"
        }
    }
}

/// What a call returns.
func code(
    _ call: String, for message: String = ScriptRig.request, before: String = ""
) throws -> String {
    let rig = try ScriptRig("\(call); note(\"$rc\");", before: before)
    return try rig.run(message).joined()
}

/// What statements note.
func noted(
    _ statements: String, for message: String = ScriptRig.request, before: String = ""
) throws -> [String] {
    try ScriptRig(statements, before: before).run(message)
}

/// The rig's message with further header lines in front of its User-Agent.
func adding(_ lines: String..., to message: String = ScriptRig.request) -> String {
    message.replacing("User-Agent:", with: lines.map { $0 + "\n" }.joined() + "User-Agent:")
}
