import Basics
import ModuleKit
import SIPSyntax

/// What `fix_nated_sdp` does, by the bits of its argument.
struct SDPChanges: OptionSet, Sendable {
    /// The bits.
    let rawValue: Int
    /// Each medium gets `a=direction:active`.
    static let direction = SDPChanges(rawValue: 1)
    /// The addresses of `c=` and `a=rtcp` become the source address.
    static let media = SDPChanges(rawValue: 2)
    /// The body gets the line that says that it was rewritten.
    static let marker = SDPChanges(rawValue: 4)
    /// The address of `o=` becomes the source address.
    static let origin = SDPChanges(rawValue: 8)
    /// All of them.
    static let all = SDPChanges(rawValue: 15)
}

/// Rewrites a session description so that media go to where the message came from.
struct SDPRewriter {
    /// One replacement of the body.
    private struct Cut {
        var range: ByteRange
        var text: [UInt8]
    }
    private var cuts: [Cut] = []
    private var oldAddresses: [[UInt8]] = []
    /// Whether any address was replaced.
    private(set) var hasReplaced = false

    /// Finds what is to be replaced in a body.
    init(
        _ body: Span<UInt8>, _ changes: SDPChanges, address: [UInt8], marker: [UInt8],
        keepsOld: Bool
    ) {
        var lines = SDPLines(body)
        var isInMedia = false
        let direction = Array("a=direction:active\r\n".utf8)
        while let line = lines.next(), cuts.count < Limits.messageEditsMax - 3 {
            if line.kind == UInt8(ascii: "m") {
                if isInMedia, changes.contains(.direction) {
                    insert(direction, at: line.range.start)
                }
                isInMedia = true
            }
            guard let old = line.address else { continue }
            let wanted: SDPChanges = line.kind == UInt8(ascii: "o") ? .origin : .media
            // RTCP follows the media as well as the session.
            let isMeant =
                changes.contains(wanted)
                || line.kind == UInt8(ascii: "a") && changes.contains(.origin)
            // What is right already stays, so that "nothing replaced" can be told.
            guard isMeant, !body.part(old).equals(address.span) else { continue }
            cuts.append(Cut(range: old, text: address))
            oldAddresses.append(Array(copying: body.part(old)))
            hasReplaced = true
        }
        var tail: [UInt8] = []
        if isInMedia, changes.contains(.direction) { tail += direction }
        if changes.contains(.marker) { tail += marker }
        if keepsOld {
            for old in oldAddresses { tail += Array("a=oldmediaip:".utf8) + old + [13, 10] }
        }
        guard !tail.isEmpty else { return }
        // A last line without its end would run into the first of ours.
        let endsLine = body.isEmpty || body[body.count - 1] == 10
        insert((endsLine ? [] : [13, 10]) + tail, at: body.count)
    }

    private mutating func insert(_ text: [UInt8], at place: Int) {
        cuts.append(Cut(range: ByteRange(offset: place, count: 0), text: text))
    }

    /// The body with the replacements made.
    func rewritten(_ body: Span<UInt8>) -> [UInt8] {
        var writer = ByteWriter(capacity: body.count + 256)
        var place = 0
        for cut in cuts {
            writer.append(body.extracting(place..<cut.range.start))
            writer.append(cut.text)
            place = cut.range.end
        }
        writer.append(body.extracting(place..<body.count))
        return Array(copying: writer.span)
    }
}

extension NATHelperModule {
    /// `fix_nated_sdp(changes, address)`: 1 when addresses were replaced, 2 when none was, -1
    /// without a session description.
    func fixSDP(_ context: ScriptContext, _ changes: SDPChanges, address text: ScriptText?) -> Int {
        guard Self.hasSDP(context) else { return -1 }
        var host = ByteWriter(capacity: 48)
        if let text {
            let given = context.bytes(of: text)
            guard let address = PeerAddress(literal: given.span, port: 0) else { return -1 }
            address.writeHost(into: &host)
        } else {
            context.origin.source.writeHost(into: &host)
        }
        let address = Array(copying: host.span)
        let body = context.edits.body ?? context.bytes(of: .message(context.message.body))
        return context.with(settings) { parameters in
            let rewriter = SDPRewriter(
                body.span, changes, address: address, marker: Array(parameters.marker.utf8),
                keepsOld: parameters.keepsOldAddress)
            let changed = rewriter.rewritten(body.span)
            // Many short addresses become long ones: the message must still fit.
            guard changed.count <= Limits.messageBytesMax else { return -1 }
            if changed != body { context.edits.body = changed }
            return rewriter.hasReplaced ? 1 : 2
        }
    }

    /// Whether the body is a session description and nothing else.
    private static func hasSDP(_ context: ScriptContext) -> Bool {
        guard !context.message.body.isEmpty || context.edits.body != nil else { return false }
        return context.withMessage { message in
            do throws(SyntaxError) {
                guard let type = try message.contentType else { return false }
                return type.matches("application", "sdp", in: message.bytes)
            } catch {
                return false
            }
        }
    }
}
