/// Every bound of the server in one place: nothing that a stranger sends grows without one.
public enum Limits {
    // MARK: SIP

    /// Longest SIP message in bytes, on any transport.
    public static let messageBytesMax = 65_535
    /// Longest start line and header section of a message on a stream, in bytes.
    public static let headerSectionBytesMax = 32_768
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

    // MARK: Transport

    /// Shortest datagram that may be a message; shorter ones keep a NAT's binding alive.
    public static let datagramBytesMin = 20
    /// Most threads of one kind: workers of a UDP socket, event loops.
    public static let workersMax = 128
    /// Most addresses to listen on, after names and interfaces are resolved.
    public static let listenersMax = 256
    /// Connections that the kernel keeps until they are accepted.
    public static let acceptBacklog = 1_024
    /// Most bytes that wait for one connection's peer to read them.
    public static let streamQueueBytesMax = 1 << 20
    /// Most bytes that wait for a connection while it is being opened.
    public static let connectQueueBytesMax = 1 << 18

    // MARK: Script

    /// Deepest nesting of files that include each other.
    public static let includeDepthMax = 10
    /// Most preprocessor definitions.
    public static let definesMax = 512
    /// Deepest nesting of blocks and route calls (core parameter `max_recursive_level`).
    public static let scriptDepthMax = 256
    /// Deepest nesting of `#!ifdef` (Kamailio: 512).
    public static let conditionalDepthMax = 512
    /// Most `#!subst` rules; each is tried on every string of the script.
    public static let substitutionsMax = 64
    /// Deepest chain of definitions that name definitions.
    public static let expansionDepthMax = 32
    /// Most uses of definitions in one configuration.
    public static let expansionsMax = 100_000
    /// Most bytes of one configuration, included files and uses of definitions together.
    public static let configurationBytesMax = 16 << 20
    /// Longest name of an included file in bytes (Kamailio: 128).
    public static let includeNameBytesMax = 1_024
    /// Most errors that one check of a configuration reports.
    public static let scriptErrorsMax = 20
    /// Most turns of a `while` loop where the core parameter `max_while_loops` says nothing.
    public static let whileLoopsDefault = 100
    /// Longest string that an expression may build, in bytes.
    public static let scriptTextBytesMax = 65_535
    /// Most bytes of strings that a script may build for one message.
    public static let scratchBytesMax = 1 << 20
    /// Longest regular expression in bytes.
    public static let patternBytesMax = 4_096

    // MARK: Management

    /// Largest body of a JSON-RPC request in bytes.
    public static let requestBodyBytesMax = 1 << 20
    /// Deepest nesting of a JSON document.
    public static let jsonDepthMax = 64
    /// Most calls in one JSON-RPC batch.
    public static let batchCallsMax = 1_000
}
