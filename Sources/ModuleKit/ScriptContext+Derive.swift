public import Basics
internal import SIPSyntax

/// Making texts of other texts: what transformations do.
///
/// What lies in the scratch buffer never changes, but the buffer may move while it grows. So a text
/// that lies there is first copied to the workbench, and what reads it may write to the buffer.
extension ScriptContext {
    /// A part of a text, in place where the text is not the script's own.
    ///
    /// The range counts from the start of the text and must lie within it.
    public func part(of text: ScriptText, _ range: ByteRange) -> ScriptValue {
        precondition(range.end <= length(of: text), "a part lies within its text")
        switch text {
        case .message(let whole):
            return .text(.message(Self.shift(range, by: whole.start)))
        case .scratch(let whole):
            return .text(.scratch(Self.shift(range, by: whole.start)))
        case .owned(let bytes):
            if range.isEmpty { return .text(.owned([])) }
            if Int(range.count) == bytes.count { return .text(text) }
            guard mayBuild(Int(range.count)) else { return .null }
            return .text(compose { $0.append(bytes.span.part(range)) })
        }
    }

    private static func shift(_ range: ByteRange, by offset: Int) -> ByteRange {
        ByteRange(offset: range.start + offset, count: Int(range.count))
    }

    /// A text made of another one; null when `body` says that it cannot be, or it grows too long.
    ///
    /// `body` writes at most a few times the length of what it reads; what may write more checks
    /// `mayBuild` first.
    public func derive(
        _ text: ScriptText, _ body: (Span<UInt8>, inout ByteWriter) -> Bool
    ) -> ScriptValue {
        let start = scratch.count
        let isMade: Bool
        switch text {
        case .message(let range): isMade = Self.lend(message, range, &scratch, body)
        case .owned(let bytes): isMade = body(bytes.span, &scratch)
        case .scratch(let range):
            workbench.removeAll()
            workbench.append(scratch.span(range))
            let count = Int(range.count)
            isMade = Self.lend(workbench, ByteRange(offset: 0, count: count), &scratch, body)
        }
        return finish(from: start, isMade)
    }

    /// A text made of another one and two more, such as a pattern and what stands in its place.
    public func derive(
        _ text: ScriptText, _ second: ScriptText, _ third: ScriptText,
        _ body: (Span<UInt8>, Span<UInt8>, Span<UInt8>, inout ByteWriter) -> Bool
    ) -> ScriptValue {
        workbench.removeAll()
        let one = layOut(text)
        let two = layOut(second)
        let three = layOut(third)
        let start = scratch.count
        let isMade = Self.lend(workbench, one, two, three, &scratch, body)
        return finish(from: start, isMade)
    }

    /// Copies a text to the workbench.
    private func layOut(_ text: ScriptText) -> ByteRange {
        let start = workbench.count
        switch text {
        case .message(let range): Self.copy(message, range, &workbench)
        case .scratch(let range): workbench.append(scratch.span(range))
        case .owned(let bytes): workbench.append(bytes)
        }
        return ByteRange(offset: start, count: workbench.count - start)
    }

    /// What was written since `start` as a value; forgets it when it is not to be.
    private func finish(from start: Int, _ isMade: Bool) -> ScriptValue {
        let count = scratch.count - start
        let fits = count <= Limits.scriptTextBytesMax && scratch.count <= Limits.scratchBytesMax
        if !fits { hasFailed = true }
        guard isMade, fits else {
            scratch.truncate(to: start)
            return .null
        }
        return .text(.scratch(ByteRange(offset: start, count: count)))
    }
}

// Spans of a context's own buffers can only be had of a borrowed argument.
extension ScriptContext {
    private static func copy(
        _ message: borrowing SIPMessage, _ range: ByteRange, _ writer: inout ByteWriter
    ) {
        writer.append(message[Self.standing(range, message)])
    }

    private static func lend(
        _ message: borrowing SIPMessage, _ range: ByteRange, _ writer: inout ByteWriter,
        _ body: (Span<UInt8>, inout ByteWriter) -> Bool
    ) -> Bool {
        body(message[Self.standing(range, message)], &writer)
    }

    /// A range, or none when it is from before `applyChanges` and ends behind a message that has
    /// become shorter.
    private static func standing(
        _ range: ByteRange, _ message: borrowing SIPMessage
    ) -> ByteRange {
        range.end <= message.bytes.count ? range : .empty
    }

    private static func lend(
        _ bench: borrowing ByteWriter, _ range: ByteRange, _ writer: inout ByteWriter,
        _ body: (Span<UInt8>, inout ByteWriter) -> Bool
    ) -> Bool {
        body(bench.span(range), &writer)
    }

    private static func lend(
        _ bench: borrowing ByteWriter, _ one: ByteRange, _ two: ByteRange, _ three: ByteRange,
        _ writer: inout ByteWriter,
        _ body: (Span<UInt8>, Span<UInt8>, Span<UInt8>, inout ByteWriter) -> Bool
    ) -> Bool {
        body(bench.span(one), bench.span(two), bench.span(three), &writer)
    }
}
