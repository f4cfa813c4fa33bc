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
    /// Request bodies up to this size are read to their end although they are refused, so that the
    /// client sees why; beyond, the connection is closed.
    public static let discardedBodyBytesMax = 16 << 20
    /// Most HTTP connections, and most of one address.
    public static let httpConnectionsMax = 512
    /// Most HTTP connections of one address.
    public static let httpConnectionsPerAddressMax = 256
    /// Seconds after which an HTTP connection without progress is closed.
    public static let httpIdleSecondsMax = 30
    /// Seconds within which an HTTP request must have arrived completely.
    public static let httpRequestSecondsMax = 30
    /// Bytes of a reply that wait for a slow HTTP client.
    public static let httpPieceBytes = 64 << 10
    /// Most ranges in `allowed_ips`.
    public static let allowedRangesMax = 256
    /// Longest text of a command's parameters in the log of changes.
    public static let loggedParametersBytesMax = 512

    // MARK: Remote control

    /// Largest answer that roostctl lays out as tables; larger ones are printed as they come.
    public static let laidOutBytesMax = 1 << 20
    /// Longest head of an HTTP answer.
    public static let httpHeadBytesMax = 64 << 10
    /// Longest string of an answer that is printed as it comes.
    public static let printedStringBytesMax = 1 << 20
    /// Most lines of the prompt's history.
    public static let historyLinesMax = 1_000
    /// Longest line at the prompt, in characters.
    public static let promptLineMax = 4_096
}
