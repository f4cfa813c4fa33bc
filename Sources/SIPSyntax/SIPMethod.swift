import Basics

/// A request method; the raw value is its bit in Kamailio's masks of methods.
public enum SIPMethod: UInt32, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// RFC 3261 13.
    case invite = 1
    /// RFC 3261 9.
    case cancel = 2
    /// RFC 3261 13.2.2.4.
    case ack = 4
    /// RFC 3261 15.
    case bye = 8
    /// RFC 6086.
    case info = 16
    /// RFC 3261 10.
    case register = 32
    /// RFC 6665.
    case subscribe = 64
    /// RFC 6665.
    case notify = 128
    /// RFC 3428.
    case message = 256
    /// RFC 3261 11.
    case options = 512
    /// RFC 3262.
    case prack = 1024
    /// RFC 3311.
    case update = 2048
    /// RFC 3515.
    case refer = 4096
    /// RFC 3903.
    case publish = 8192
    /// Any other method, known by its name only.
    case other = 524_288

    /// The name; empty for `other`.
    public var name: StaticString {
        switch self {
        case .invite: "INVITE"
        case .cancel: "CANCEL"
        case .ack: "ACK"
        case .bye: "BYE"
        case .info: "INFO"
        case .register: "REGISTER"
        case .subscribe: "SUBSCRIBE"
        case .notify: "NOTIFY"
        case .message: "MESSAGE"
        case .options: "OPTIONS"
        case .prack: "PRACK"
        case .update: "UPDATE"
        case .refer: "REFER"
        case .publish: "PUBLISH"
        case .other: ""
        }
    }

    /// The method of a name; methods are case-sensitive (RFC 3261 7.1).
    public init(name: Span<UInt8>) {
        self = Self.candidate(name)
        if self != .other, !name.equals(self.name) { self = .other }
    }

    /// The method of a name without regard to case, as lists of methods are read.
    public init(anyCase name: Span<UInt8>) {
        for method in Self.allCases where method != .other && name.matches(method.name) {
            self = method
            return
        }
        self = .other
    }

    /// The only method that a name of this length and these first letters can be.
    private static func candidate(_ name: Span<UInt8>) -> SIPMethod {
        assert(SIPMethod.allCases.count == 15, "a method that is not looked for below")
        guard name.count >= 3 else { return .other }
        switch (name.count, name[0]) {
        case (3, UInt8(ascii: "A")): return .ack
        case (3, UInt8(ascii: "B")): return .bye
        case (4, UInt8(ascii: "I")): return .info
        case (5, UInt8(ascii: "P")): return .prack
        case (5, UInt8(ascii: "R")): return .refer
        case (6, UInt8(ascii: "I")): return .invite
        case (6, UInt8(ascii: "C")): return .cancel
        case (6, UInt8(ascii: "N")): return .notify
        case (6, UInt8(ascii: "U")): return .update
        case (7, UInt8(ascii: "M")): return .message
        case (7, UInt8(ascii: "O")): return .options
        case (7, UInt8(ascii: "P")): return .publish
        case (8, UInt8(ascii: "R")): return .register
        case (9, UInt8(ascii: "S")): return .subscribe
        default: return .other
        }
    }
}
