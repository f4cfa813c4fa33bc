/// Reads from a reply the two things that matter here: which request it answers, and its status.
///
/// The generator must cost far less than the server, so nothing else is parsed.
struct ReplyReader: Sendable {
    /// A reply to a request of this run.
    struct Reply: Equatable, Sendable {
        /// Status code, 100 to 699; 200 for an echo.
        var status: Int
        /// The request that is answered.
        var ticket: Ticket
    }

    /// Bytes from the start within which the topmost Via must end.
    static let searchBytesMax = 1_024

    /// The run that branches must name; replies to an earlier run are passed over.
    let run: UInt32
    /// Whether a datagram that is no reply counts as 200.
    let acceptsEcho: Bool

    /// The reply that `bytes` hold, or nil when they are none of this run's.
    func read(_ bytes: Span<UInt8>) -> Reply? {
        guard let status = status(of: bytes), let mark = findMark(bytes) else { return nil }
        let digits = mark + Ticket.markCount
        guard
            let named = Self.hexadecimal(bytes, digits), UInt32(named) == run,
            let slot = Self.hexadecimal(bytes, digits + 8),
            let generation = Self.hexadecimal(bytes, digits + 16)
        else { return nil }
        return Reply(
            status: status,
            ticket: Ticket(slot: UInt32(slot), generation: UInt32(generation)))
    }

    /// `SIP/2.0 200` (RFC 3261 7.2); anything else is an echo or nothing.
    private func status(of bytes: Span<UInt8>) -> Int? {
        guard bytes.count > 12, bytes[0] == UInt8(ascii: "S"), bytes[7] == UInt8(ascii: " ") else {
            return acceptsEcho ? 200 : nil
        }
        var status = 0
        for index in 8..<11 {
            guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
            status = status * 10 + Int(bytes[index]) - 48
        }
        return (100...699).contains(status) ? status : nil
    }

    /// Where the mark of a branch of ours stands; its digits lie inside `bytes`.
    private func findMark(_ bytes: Span<UInt8>) -> Int? {
        let end = min(bytes.count, Self.searchBytesMax) - Ticket.branchCount
        var index = 12
        while index <= end {
            if bytes[index] == UInt8(ascii: "z"), Self.isMark(bytes, index) { return index }
            index += 1
        }
        return nil
    }

    /// Whether the mark of a branch stands at `start`, whose first letter is known to fit.
    private static func isMark(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        bytes[start + 1] == UInt8(ascii: "9") && bytes[start + 2] == UInt8(ascii: "h")
            && bytes[start + 3] == UInt8(ascii: "G") && bytes[start + 4] == UInt8(ascii: "4")
            && bytes[start + 5] == UInt8(ascii: "b") && bytes[start + 6] == UInt8(ascii: "K")
            && bytes[start + 7] == UInt8(ascii: "r") && bytes[start + 8] == UInt8(ascii: "l")
    }

    /// Eight hexadecimal digits from `start`; the caller has checked that they lie inside.
    private static func hexadecimal(_ bytes: Span<UInt8>, _ start: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<(start + 8) {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - 87)
            default: return nil
            }
        }
        return value
    }
}
