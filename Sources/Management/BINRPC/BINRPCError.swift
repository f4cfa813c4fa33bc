/// What is wrong with a BINRPC packet, and where.
public struct BINRPCError: Error, Sendable, Hashable {
    /// The kinds of faults.
    public enum Kind: Sendable, Hashable {
        /// The first byte is none of a packet of version 1, or a length is beyond its bounds.
        case corrupted
        /// The packet ends within a record.
        case truncated
        /// A record is malformed or of a type that may not stand there.
        case badRecord
        /// Structures nest too deeply, or there are too many values.
        case tooLarge
    }
    /// What kind of fault it is.
    public var kind: Kind
    /// Offset of the byte that it was found at, counted from the first byte that was read.
    public var offset: Int

    /// A fault.
    public init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// The fault in the words that callers of kamcmd know.
    public var message: String {
        switch kind {
        case .corrupted: "corrupted packet"
        case .truncated: "end of packet encountered"
        case .badRecord: "bad record"
        case .tooLarge: "buffer too small (overflow)"
        }
    }
}
