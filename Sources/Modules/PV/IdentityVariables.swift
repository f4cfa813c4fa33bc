internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Header fields that name somebody: P-Asserted-Identity, Diversion and their like.
///
/// They are parsed at each use: scripts ask for them rarely. A malformed field reads as absent.
enum IdentityVariable {
    /// Part of such a field.
    enum Part: Sendable {
        /// The URI.
        case uri
        /// The user of the URI.
        case user
        /// The host of the URI.
        case host
        /// The display name, with its quotes if it has any.
        case displayName
        /// A parameter of the field.
        case parameter(StaticString)
    }

    /// A read of one part of the first field of a name.
    static func read(
        _ name: StaticString, _ part: Part
    ) -> @Sendable (ScriptContext) -> ScriptValue {
        let field = Array(String(describing: name).utf8)
        return { context in
            let range = context.withMessage { message -> ByteRange? in
                guard let value = message.header(named: field.span) else { return nil }
                return find(part, message.bytes, first(of: value, message.bytes))
            }
            guard let range, !range.isEmpty else { return .null }
            return .text(.message(range))
        }
    }

    /// The first value of a field that may be a list (RFC 3325 9.1): up to the first comma outside
    /// of quotes and brackets.
    private static func first(of range: ByteRange, _ bytes: Span<UInt8>) -> ByteRange {
        var isQuoted = false
        var isBracketed = false
        var place = range.start
        while place < range.end {
            switch bytes[place] {
            case UInt8(ascii: "\\") where isQuoted: place += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "<") where !isQuoted: isBracketed = true
            case UInt8(ascii: ">") where !isQuoted: isBracketed = false
            case UInt8(ascii: ",") where !isQuoted && !isBracketed:
                return ByteRange(offset: range.start, count: place - range.start)
            default: break
            }
            place += 1
        }
        return range
    }

    private static func find(
        _ part: Part, _ bytes: Span<UInt8>, _ range: ByteRange
    ) -> ByteRange? {
        guard let address = try? TaggedAddress(parsing: bytes, in: range) else { return nil }
        switch part {
        case .uri: return address.uri
        case .displayName: return address.displayName
        case .parameter(let name):
            let wanted = Array(String(describing: name).utf8)
            return HeaderParameters.find(wanted.span, of: bytes, in: address.parameters)
                .flatMap { $0.unquotedValue(in: bytes) }
        case .user, .host:
            guard let uri = try? SIPURI(parsing: bytes.part(address.uri)) else { return nil }
            var found = uri.host
            if case .user = part {
                guard let user = uri.user else { return nil }
                found = user
            }
            return ByteRange(
                offset: address.uri.start + found.start, count: Int(found.count))
        }
    }
}
