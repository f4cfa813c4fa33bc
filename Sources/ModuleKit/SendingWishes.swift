public import Basics

/// What a script wants of how its messages are sent, beyond where to.
///
/// The commands of the language set it (`force_send_socket`, `set_forward_no_connect` and their
/// like); whoever sends a request for the script reads it. It is empty for each new message.
public struct SendingWishes: Sendable, Hashable {
    /// Wishes that are on or off.
    public struct Flags: OptionSet, Sendable, Hashable {
        /// One bit a wish.
        public let rawValue: UInt8
        /// A set of bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Requests are forwarded on connections that are open, and no new one is opened for them
        /// (`set_forward_no_connect`).
        public static let forwardsWithoutConnecting = Flags(rawValue: 1)
        /// Our own Via asks for the port that replies come from (`add_local_rport`, RFC 3581 3).
        public static let addsLocalRport = Flags(rawValue: 4)
    }

    /// The wishes that are on.
    public var flags: Flags = []
    /// The socket of this server to send from (`force_send_socket`); nil for the one that fits the
    /// destination.
    public var socket: SocketIndex?
    /// The host to write into Via instead of the socket's (`set_advertised_address`).
    public var advertisedHost: [UInt8]?
    /// The port to write into Via instead of the socket's (`set_advertised_port`).
    public var advertisedPort: UInt16?

    /// No wishes.
    public init() {}

    /// Whether nothing is wished for.
    public var isEmpty: Bool {
        flags.isEmpty && socket == nil && advertisedHost == nil && advertisedPort == nil
    }
}
