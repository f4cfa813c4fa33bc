internal import Basics

/// The text of a subscription's socket.
///
/// It is its name as in the column `socket_info`, `tcp:10.0.0.1:5060`, and on a stream the
/// connection that the SUBSCRIBE came on, `tcp:10.0.0.1:5060#17`.
///
/// The connection has a meaning in this run only: `name` leaves it out, and rows are written of it.
enum SocketText {
    /// Writes the text of where a request came from.
    static func write(_ name: String, _ origin: Origin, into writer: inout ByteWriter) {
        writer.append(name)
        guard origin.transport.isStream, origin.connection >= 0 else { return }
        writer.append(UInt8(ascii: "#"))
        writer.append(decimal: origin.connection)
    }

    /// The part that is the socket's name.
    @_lifetime(copy text)
    static func name(of text: Span<UInt8>) -> Span<UInt8> {
        text.extracting(0..<end(of: text))
    }

    /// The number of the connection; -1 without one.
    static func connection(of text: Span<UInt8>) -> Int64 {
        let end = end(of: text)
        guard end < text.count,
            let number = text.extracting(end + 1..<text.count).decimal(upTo: 1 << 62)
        else { return -1 }
        return Int64(number)
    }

    private static func end(of text: Span<UInt8>) -> Int {
        var end = text.count
        while end > 0 {
            end -= 1
            if text[end] == UInt8(ascii: "#") { return end }
            guard text[end] >= 48, text[end] <= 57 else { return text.count }
        }
        return text.count
    }
}
