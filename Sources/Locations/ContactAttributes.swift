public import Basics

/// One attribute of a contact, where it lies.
public struct ContactAttribute: Sendable, Hashable {
    /// Its name, within the bytes of all attributes.
    public var name: ByteRange
    /// Its value there: text, or an integer in decimal.
    public var value: ByteRange
    /// Whether the value is an integer (`atype` 1 in table `location_attrs`).
    public var isInteger: Bool
}

/// What a script has stored with a contact (usrloc parameter `xavp_contact`): named values, packed
/// one behind the other in bytes that are kept with the contact's text.
///
/// Each is: bytes of the name, 1 for an integer or 0 for text, bytes of the value (two, the higher
/// first), the name, the value. Nothing is escaped, so any bytes may stand in a value.
public struct ContactAttributes: ~Escapable {
    private let bytes: Span<UInt8>
    private var place = 0

    /// A walk over packed attributes.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        precondition(bytes.count <= Limits.contactAttributesBytesMax)
        self.bytes = bytes
    }

    /// The next attribute, nil behind the last.
    @_lifetime(self: copy self)
    public mutating func next() -> ContactAttribute? {
        let head = 4
        guard place + head <= bytes.count else { return nil }
        let name = Int(bytes[place])
        let isInteger = bytes[place + 1] == 1
        let value = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
        let start = place + head
        guard start + name + value <= bytes.count else { return nil }
        place = start + name + value
        return ContactAttribute(
            name: ByteRange(offset: start, count: name),
            value: ByteRange(offset: start + name, count: value), isInteger: isInteger)
    }

    /// Packs an attribute behind what `writer` holds from `start` on; false, with nothing written,
    /// when its name or all of them would be too long.
    public static func append(
        name: Span<UInt8>, value: Span<UInt8>, isInteger: Bool, from start: Int,
        to writer: inout ByteWriter
    ) -> Bool {
        precondition(start <= writer.count)
        guard !name.isEmpty, name.count <= Limits.attributeNameBytesMax,
            value.count <= Limits.attributeValueBytesMax,
            writer.count - start + 4 + name.count + value.count
                <= Limits.contactAttributesBytesMax
        else { return false }
        writer.append(UInt8(name.count))
        writer.append(isInteger ? 1 : 0)
        writer.append(UInt8(truncatingIfNeeded: value.count >> 8))
        writer.append(UInt8(truncatingIfNeeded: value.count))
        writer.append(name)
        writer.append(value)
        return true
    }
}

extension LocationTable {
    /// Gives a binding attributes that were loaded apart from its row; false when there is no such
    /// binding.
    ///
    /// Its row is not queued for writing: the attributes come from the database.
    ///
    /// - Parameters:
    ///   - aor: The address-of-record.
    ///   - ruid: The unique name of the binding.
    ///   - attributes: As `ContactAttributes.append` packs them.
    /// - Returns: Whether there is such a binding.
    @discardableResult
    public func setAttributes(
        _ aor: Span<UInt8>, ruid: Span<UInt8>, _ attributes: Span<UInt8>
    ) -> Bool {
        precondition(attributes.count <= Limits.contactAttributesBytesMax)
        let value = hashValue(of: aor)
        return withShard(Int(value >> 58)) { shard in
            guard let address = shard.find(aor, UInt32(truncatingIfNeeded: value)),
                let contact = shard.contact(of: address, named: ruid)
            else { return false }
            shard.contacts[contact].text.replace(attributes: attributes)
            return true
        }
    }
}
