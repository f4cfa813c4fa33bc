/// A value as BINRPC carries it.
public indirect enum BINRPCValue: Sendable, Equatable {
    /// A number of 32 bits; larger ones travel as doubles.
    case int(Int32)
    /// Text; a zero byte ends it on the wire, so it holds none.
    case string(String)
    /// A number in thousandths on the wire: three digits behind the point are kept.
    case double(Double)
    /// Named and nameless values, in their order.
    case structure([Item])
    /// Nameless values; Kamailio itself sends a structure in its place.
    case array([BINRPCValue])
    /// Bytes as they are.
    case bytes([UInt8])

    /// One value within a structure.
    public struct Item: Sendable, Equatable {
        /// Its name, nil for the element of a list.
        public var name: String?
        /// Its value.
        public var value: BINRPCValue
        /// A value with or without a name.
        public init(_ name: String?, _ value: BINRPCValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value of a member; nil when this is no structure or has none of that name.
    public subscript(name: String) -> BINRPCValue? {
        guard case .structure(let items) = self else { return nil }
        return items.first { $0.name == name }?.value
    }
}
