/// How large parts of a BINRPC reply may be, where the configuration says so (module `ctl`).
public struct BINRPCSizes: Sendable, Hashable {
    /// Most bytes of one element of a list, with all that is in it (`binrpc_struct_max_body_size`).
    public var elementBytesMax = Int.max
    /// Most bytes of a string (`binrpc_buffer_size`).
    public var stringBytesMax = Int.max

    /// No bounds but that of the reply.
    public init() {}

    /// A text, or as much of it as a string may have, without half a character at its end.
    @_lifetime(copy text)
    func cut(_ text: Span<UInt8>) -> Span<UInt8> {
        guard text.count > stringBytesMax else { return text }
        var count = stringBytesMax
        // A byte 10xxxxxx continues a character (RFC 3629 section 3).
        while count > 0, text[count] & 0xC0 == 0x80 { count -= 1 }
        return text.extracting(0..<count)
    }
}
