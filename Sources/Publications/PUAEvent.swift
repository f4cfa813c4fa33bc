/// An event package as the column `event` has it: one bit each.
public struct PUAEvent: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
    /// The bit.
    public let rawValue: Int32
    /// The package of a bit, or of a number found in a table.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Presence (RFC 3856).
    public static let presence = PUAEvent(rawValue: 1)
    /// Watchers of presence (RFC 3857).
    public static let watcherInfo = PUAEvent(rawValue: 2)
    /// Bridged line appearances (draft-anil-sipping-bla).
    public static let sharedLine = PUAEvent(rawValue: 4)
    /// Waiting messages (RFC 3842).
    public static let messageSummary = PUAEvent(rawValue: 8)
    /// Conferences (RFC 4575).
    public static let conference = PUAEvent(rawValue: 16)
    /// Dialogs (RFC 4235).
    public static let dialog = PUAEvent(rawValue: 32)
    /// Registrations (RFC 3680).
    public static let registration = PUAEvent(rawValue: 64)
    /// Changes of XCAP documents (RFC 5875).
    public static let documentChanges = PUAEvent(rawValue: 128)
    /// Features of a telephone that a server holds.
    public static let features = PUAEvent(rawValue: 256)

    /// Whether two have a bit in common: how records are matched.
    public func shares(_ other: PUAEvent) -> Bool { rawValue & other.rawValue != 0 }
}

/// Who asked for a publication or subscription, as the column `flag` has it: one bit each.
public struct PUASource: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
    /// The bit.
    public let rawValue: Int32
    /// The source of a bit, or of a number found in a table.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Module `pua_usrloc`.
    public static let locations = PUASource(rawValue: 1)
    /// Publications of module `pua_bla`.
    public static let sharedLinePublish = PUASource(rawValue: 2)
    /// Subscriptions of module `pua_bla`.
    public static let sharedLineSubscribe = PUASource(rawValue: 4)
    /// Command `pua.send_publish`.
    public static let rpcSendPublish = PUASource(rawValue: 64)
    /// Command `pua.publish`, which waits for the reply.
    public static let rpcPublish = PUASource(rawValue: 128)
    /// Command `pua.subscribe`.
    public static let rpcSubscribe = PUASource(rawValue: 256)
    /// Resource lists.
    public static let listSubscribe = PUASource(rawValue: 512)
    /// Module `pua_dialoginfo`.
    public static let dialogs = PUASource(rawValue: 1024)
    /// Publications of module `pua_reginfo`.
    public static let registrationPublish = PUASource(rawValue: 4096)
    /// Subscriptions of module `pua_reginfo`.
    public static let registrationSubscribe = PUASource(rawValue: 8192)

    /// Whether two have a bit in common: how records are matched.
    public func shares(_ other: PUASource) -> Bool { rawValue & other.rawValue != 0 }
    /// Whether an operator's command asked, who decides himself what follows from a refusal.
    public var isCommand: Bool { rawValue & (64 | 128 | 256) != 0 }
}

/// Whether a request begins something or goes on with it (`flag` of `publ_info` and `subs_info`).
public enum PUAOperation: Sendable, Hashable {
    /// A new publication or subscription, whatever there is already.
    case insert
    /// That which there is; a new one when there is none.
    case update
}
