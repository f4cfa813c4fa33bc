internal import Basics
internal import SIPSyntax

/// Building strings while a script runs.
extension ScriptContext {
    /// Appends a text to the scratch buffer, where a string is being built.
    public func appendToScratch(_ text: ScriptText) {
        switch text {
        case .message(let range): Self.copy(message, range, into: &scratch)
        case .scratch(let range): scratch.append(copying: range)
        case .owned(let bytes): scratch.append(bytes)
        }
    }

    private static func copy(
        _ message: borrowing SIPMessage, _ range: ByteRange, into writer: inout ByteWriter
    ) {
        // See `lend`: the message may have become shorter since the range was found.
        if range.end <= message.bytes.count { writer.append(message[range]) }
    }

    /// Number of bytes of a text.
    public func length(of text: ScriptText) -> Int {
        switch text {
        case .message(let range), .scratch(let range): Int(range.count)
        case .owned(let bytes): bytes.count
        }
    }

    /// The bytes of a text as an array of their own, for what outlives the message.
    public func bytes(of text: ScriptText) -> [UInt8] {
        if case .owned(let bytes) = text { return bytes }
        return withBytes(of: text) { Array(copying: $0) }
    }

    /// Copies a text into a variable that outlives the message.
    ///
    /// The bytes go where those of the old value were, unless somebody else holds them too: a
    /// script that sets the same variables for each message allocates nothing.
    public func keep(_ text: ScriptText, inVariable slot: Int) {
        if case .owned = text {
            variables[slot] = .text(text)
            return
        }
        var bytes: [UInt8] = []
        if case .text(.owned(let old)) = variables[slot] { bytes = old }
        // From here on `bytes` is the only holder.
        variables[slot] = .null
        bytes.removeAll(keepingCapacity: true)
        withBytes(of: text) { span in
            unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        }
        variables[slot] = .text(.owned(bytes))
    }

    /// Whether a string of `count` more bytes may be built for this message.
    ///
    /// Where it may not, the expression at hand fails.
    public func mayBuild(_ count: Int) -> Bool {
        let isAllowed =
            count <= Limits.scriptTextBytesMax
            && scratch.count + count <= Limits.scratchBytesMax
        if !isAllowed { hasFailed = true }
        return isAllowed
    }

    /// What a value is worth as an integer: null and strings that are no number are 0, as in
    /// Kamailio 5.6.
    public func number(_ value: ScriptValue) -> Int {
        if case .integer(let number) = value { return number }
        return integer(value) ?? 0
    }
}
