internal import Basics

/// The settings of keepalives: `ka_mode` and its like.
public struct KeepaliveParameters: Sendable, Hashable {
    /// Which contacts get keepalives.
    public struct Mode: OptionSet, Sendable, Hashable {
        /// The bits of `ka_mode`.
        public let rawValue: Int
        /// A set of bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// All contacts.
        public static let all = Mode(rawValue: 1)
        /// Contacts that are marked as behind a NAT.
        public static let natted = Mode(rawValue: 2)
        /// Of these only the ones that are reached by UDP.
        public static let datagramsOnly = Mode(rawValue: 4)
    }

    /// The bits of `ka_mode`; 0 is none.
    public var modeBits = 0
    /// The same as a set.
    public var mode: Mode { Mode(rawValue: modeBits) }
    /// Whether keepalives are sent at all.
    public var isEnabled: Bool { !mode.isDisjoint(with: [.all, .natted]) }
    /// Method of the request.
    public var method = "OPTIONS"
    /// The URI in From.
    public var from = "sip:server@kamailio.org"
    /// The domain of an AoR that has none.
    public var domain = "kamailio.org"
    /// Bit 0: only contacts that registered with this server.
    public var filter = 0
    /// Seconds of silence after which a contact ends; 0 is never.
    public var timeoutSeconds = 0
    /// Seconds between two keepalives to one contact, at least.
    public var intervalSeconds = 40
    /// Up to as many seconds are added to that, by chance.
    public var randomSeconds = 20
    /// Level of the log line for an answer; beyond 3 there is none.
    public var logLevel = 255
    /// The log line for an answer.
    public var logText = " to-uri: [$tu] remote-addr: [$sas]"
    /// The answers that count, as codes and classes.
    public var replyCodes = "0"

    /// The defaults.
    public init() {}
}

/// The answers to keepalives that count as signs of life: parameter `ka_reply_codes`.
struct ReplyCodes: Sendable, Hashable {
    private var codes: [Int] = []

    /// Reads a list of codes as 200 and classes as 2, where 0 is all; nil when it is none.
    init?(_ text: String) {
        let words = text.split(omittingEmptySubsequences: false) { $0 == "," || $0 == ";" }
        guard words.count <= Limits.keepaliveCodesMax else { return nil }
        for word in words {
            guard let code = Int(word.filter { $0 != " " }),
                code == 0 || (1...6).contains(code) || (100...699).contains(code)
            else { return nil }
            codes.append(code)
        }
    }

    /// Whether an answer of that status counts.
    func contains(_ status: Int) -> Bool {
        codes.contains { $0 == 0 || $0 == status || $0 == status / 100 }
    }
}
