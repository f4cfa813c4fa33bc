/// Every bound of the server in one place: nothing that a stranger sends grows without one.
public enum Limits {
    // MARK: SIP

    /// Longest SIP message in bytes, on any transport.
    public static let messageBytesMax = 65_535
    /// Most header fields of one message.
    public static let headersMax = 96
    /// Most datagrams that are read or sent by one system call.
    public static let datagramBatch = 32
    /// Most bindings that one REGISTER may name.
    public static let contactsPerRequestMax = 64
    /// Longest address-of-record in bytes (registrar documentation: 256 in 5.6, 512 in 6).
    public static let aorBytesMax = 512
    /// Longest Call-ID in bytes: the width of the column `callid`.
    public static let callIDBytesMax = 255
    /// Longest contact URI in bytes: the width of the column `contact`.
    public static let contactBytesMax = 512
    /// Longest User-Agent that is stored: the width of the column `user_agent`.
    public static let userAgentBytesMax = 255

    // MARK: Script

    /// Deepest nesting of files that include each other.
    public static let includeDepthMax = 10
    /// Most preprocessor definitions.
    public static let definesMax = 512
    /// Deepest nesting of blocks and route calls (core parameter `max_recursive_level`).
    public static let scriptDepthMax = 256

    // MARK: Management

    /// Largest body of a JSON-RPC request in bytes.
    public static let requestBodyBytesMax = 1 << 20
    /// Deepest nesting of a JSON document.
    public static let jsonDepthMax = 64
    /// Most calls in one JSON-RPC batch.
    public static let batchCallsMax = 1_000

    // MARK: Load generator

    /// Most addresses-of-record of one load: what seven digits can name.
    public static let loadUsersMax = 10_000_000
    /// Most requests of one load.
    public static let loadRequestsMax = 1_000_000_000
    /// Most requests of a load that wait for a reply.
    public static let loadWindowMax = 65_536
    /// Most sockets of a load.
    public static let loadSocketsMax = 1_024
}
