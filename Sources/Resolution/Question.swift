internal import Basics

/// The types of records that finding a SIP server needs, by their numbers on the wire.
public enum RecordType: UInt16, Sendable, Hashable, CaseIterable {
    /// An IPv4 address (RFC 1035 3.4.1).
    case a = 1
    /// Another name of the same thing (RFC 1035 3.3.1).
    case cname = 5
    /// An IPv6 address (RFC 3596).
    case aaaa = 28
    /// Where a service is offered (RFC 2782).
    case srv = 33
    /// Which services a domain has (RFC 3403).
    case naptr = 35

    /// The type by its name in any case, as management gives it; nil for others.
    public init?(name: String) {
        let wanted = name.uppercased()
        guard let type = Self.allCases.first(where: { $0.name == wanted }) else { return nil }
        self = type
    }

    /// The name that people use.
    public var name: String {
        switch self {
        case .a: "A"
        case .cname: "CNAME"
        case .aaaa: "AAAA"
        case .srv: "SRV"
        case .naptr: "NAPTR"
        }
    }
}

/// What a name server is asked: a name and a type of records.
public struct Question: Sendable, Hashable {
    /// The name in lower case without its last dot.
    public let name: String
    /// The type of records.
    public let type: RecordType

    /// A question; nil when the name cannot be asked for.
    ///
    /// Letters, digits, hyphen and underscore are accepted, in labels of 1 to 63 bytes, 253 bytes
    /// in all. Others would mean something to the library or to a zone file and stand in no SIP URI
    /// (RFC 3261 25.1, `hostname`).
    public init?(name: String, type: RecordType) {
        guard let name = Self.canonical(name) else { return nil }
        self.name = name
        self.type = type
    }

    /// The name in lower case without its last dot, nil when it is no domain name.
    public static func canonical(_ name: String) -> String? {
        var bytes = Array(name.utf8.prefix(Limits.domainNameBytesMax + 2))
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= Limits.domainNameBytesMax else { return nil }
        var label = 0
        for place in bytes.indices {
            switch bytes[place] {
            case UInt8(ascii: "."):
                guard label > 0 else { return nil }
                label = 0
                continue
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes[place] |= 0x20
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                break
            default: return nil
            }
            label += 1
            guard label <= Limits.domainLabelBytesMax else { return nil }
        }
        return label > 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
