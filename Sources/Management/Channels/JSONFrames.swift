/// Finds where a JSON document ends in bytes that come piece by piece.
///
/// Only braces, brackets and strings are looked at: whether it is JSON is the parser's business.
enum JSONFrames {
    /// Takes the first complete object or array out of the bytes; nil while there is none.
    ///
    /// What stands before its first brace or bracket belongs to no document and is dropped.
    static func next(_ bytes: inout [UInt8]) -> [UInt8]? {
        guard let start = bytes.firstIndex(where: { $0 == 0x7B || $0 == 0x5B }) else {
            bytes.removeAll()
            return nil
        }
        if start > 0 { bytes.removeFirst(start) }
        guard let end = end(bytes) else { return nil }
        let document = Array(bytes[..<end])
        bytes.removeFirst(end)
        return document
    }

    /// Where the document that starts at the first byte ends; nil when it goes on.
    private static func end(_ bytes: [UInt8]) -> Int? {
        var depth = 0
        var isString = false
        var isEscaped = false
        for (place, byte) in bytes.enumerated() {
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return place + 1 }
            default: break
            }
        }
        return nil
    }
}
