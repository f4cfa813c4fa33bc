internal import Basics
public import ModuleKit
internal import SIPSyntax

extension PVModule {
    /// What the module declares.
    public static let manifest = Manifest<PVModule>(
        "pv", "The pseudo-variables of messages, and the script's own variables.",
        parameters: [
            ParameterRow(
                "varset", list: \.varset,
                "A value that a $var has before the script sets it: name=s:text or name=i:number."),
            ParameterRow(
                "shvset", list: \.shvset,
                "A value that a $shv has at the start: name=s:text or name=i:number."),
            ParameterRow(
                "avp_aliases", list: \.aliases,
                "Other names of attributes: alias=s:name;alias=i:number."),
        ],
        functions: variableFunctions + structuredFunctions + branchFunctions,
        variables: requestLine + destination + addresses + headers + body + transport + own
            + attributes + routing + identities + sockets + flags + times + constants,
        methods: sharedVariableCommands)

    /// The request or status line.
    private static var requestLine: [VariableRow<PVModule>] {
        [
            VariableRow("rm", "Method; of a reply, that of its request.") { Read.method($0) },
            VariableRow("rs", "Status of a reply.") { Read.status($0) },
            VariableRow("rr", "Reason phrase of a reply.") { Read.reason($0) },
            VariableRow("rv", "Version of the protocol.") { Read.version($0) },
            VariableRow("mt", "1 for a request, 2 for a reply.") { Read.messageType($0) },
            VariableRow("ru", isWritable: true, "The request URI.") { _, _ in
                VariableAccess(read: Read.requestURI, write: Write.requestURI)
            },
            VariableRow("rU", isWritable: true, "User of the request URI.") { _, _ in
                VariableAccess(read: { Read.requestPart($0, .user) }) {
                    Write.part(.user, $0, $1)
                }
            },
            // The host alone: a port that the URI has stays, as `$rp` is a variable of its own.
            VariableRow("rd", isWritable: true, "Host of the request URI.") { _, _ in
                VariableAccess(read: { Read.requestPart($0, .host) }) {
                    Write.part(.host, $0, $1)
                }
            },
            VariableRow("rp", isWritable: true, "Port of the request URI, or the default one.") {
                _, _ in
                VariableAccess(read: Read.requestPort) { Write.part(.port, $0, $1) }
            },
            VariableRow("rP", "Transport of the request URI, UDP where it names none.") {
                Read.requestTransport($0)
            },
            VariableRow("rz", "Scheme of the request URI.") {
                Read.requestPart($0, .scheme)
            },
            // What was received is read-only, so that a script can always come back to it.
            VariableRow("ou", "The request URI as it was received.") { Read.originalURI($0) },
            VariableRow("oU", "User of the request URI as it was received.") {
                Read.originalPart($0, .user)
            },
            VariableRow("od", "Host of the request URI as it was received.") {
                Read.originalPart($0, .host)
            },
        ]
    }

    /// Where the request goes.
    private static var destination: [VariableRow<PVModule>] {
        [
            VariableRow("du", isWritable: true, "The destination URI, null when not set.") {
                _, _ in
                VariableAccess(read: Read.destinationURI, write: Write.destinationURI)
            },
            VariableRow("dd", "Host of the destination URI.") {
                Read.destinationPart($0, .host)
            },
            VariableRow("dp", "Port of the destination URI.") { Read.destinationPort($0) },
        ]
    }

    /// From and To.
    private static var addresses: [VariableRow<PVModule>] {
        [
            VariableRow("fu", "URI of From.") { Read.uri($0, .from) },
            VariableRow("fU", "User of From.") { Read.uriPart($0, .from, .user) },
            VariableRow("fd", "Host of From.") { Read.uriPart($0, .from, .host) },
            VariableRow("fn", "Display name of From.") { Read.displayName($0, .from) },
            VariableRow("ft", "Tag of From.") { Read.tag($0, .from) },
            VariableRow("tu", "URI of To.") { Read.uri($0, .to) },
            VariableRow("tU", "User of To.") { Read.uriPart($0, .to, .user) },
            VariableRow("td", "Host of To.") { Read.uriPart($0, .to, .host) },
            VariableRow("tn", "Display name of To.") { Read.displayName($0, .to) },
            VariableRow("tt", "Tag of To.") { Read.tag($0, .to) },
        ]
    }

    /// Other header fields.
    private static var headers: [VariableRow<PVModule>] {
        [
            VariableRow("ci", "Call-ID.") { Read.header($0, .callID) },
            VariableRow("cs", "Number of CSeq.") { Read.cSeqNumber($0) },
            // `$cs` is the number alone; this is the whole field.
            VariableRow("csb", "CSeq, number and method.") { Read.header($0, .cSeq) },
            VariableRow("ct", "The first Contact field.") { Read.header($0, .contact) },
            VariableRow("cT", "Content-Type.") { Read.header($0, .contentType) },
            VariableRow("cl", "Content-Length.") { Read.contentLength($0) },
            VariableRow("ua", "User-Agent.") { Read.header($0, .userAgent) },
            // The name is checked without a module: a wrong one is found by `--check` too.
            VariableRow(
                "hdr", inner: .required, accepts: .every,
                "A header field by its name; the first, or the one of an index.",
                access: { (reference) throws(ArgumentError) in
                    let field = try HeaderReference(reference)
                    return VariableAccess(read: { field.read($0) })
                }),
            VariableRow(
                "hdrc", inner: .required, accepts: .dynamicInner, "How many fields have a name.",
                access: { (reference) throws(ArgumentError) in
                    let field = try HeaderReference(reference)
                    return VariableAccess(read: { .integer(field.count($0)) })
                }),
            VariableRow(
                "hfl", inner: .required, accepts: [.dynamicIndex],
                "One body of header fields that are lists, such as Via and Route.",
                access: { (reference) throws(ArgumentError) in
                    let bodies = try HeaderBodies(reference)
                    return VariableAccess(read: { bodies.read($0) })
                }),
            VariableRow(
                "hflc", inner: .required, "How many bodies header fields of a name have.",
                access: { (reference) throws(ArgumentError) in
                    let bodies = try HeaderBodies(reference)
                    return VariableAccess(read: { .integer(bodies.count($0)) })
                }),
        ]
    }

    /// Body and size.
    private static var body: [VariableRow<PVModule>] {
        [
            VariableRow("rb", "The body.") { Read.body($0) },
            VariableRow("bs", "Size of the body in bytes.") {
                .integer(Int($0.message.body.count))
            },
            VariableRow("ml", "Size of the message in bytes.") {
                .integer($0.messageLength)
            },
            VariableRow("mb", "The whole message.") { Read.message($0) },
        ]
    }

    /// Where the message came from and where it was received.
    private static var transport: [VariableRow<PVModule>] {
        [
            VariableRow("si", "Address that the message came from.") { Read.sourceHost($0) },
            VariableRow("sp", "Port that the message came from.") {
                .integer(Int($0.origin.source.port))
            },
            VariableRow("su", "Address, port and transport that the message came from, as a URI.") {
                Read.sourceURI($0)
            },
            VariableRow("Ri", "Address that received the message.") { Read.localHost($0) },
            VariableRow("Rp", "Port that received the message.") { Read.localPort($0) },
            VariableRow("pr", "Transport of the message in lower case.") { Read.transport($0) },
            // Two names for one value: scripts use both `$pr` and `$proto`.
            VariableRow("proto", "Transport of the message in lower case.") {
                Read.transport($0)
            },
            VariableRow("af", "Address family of the message: 2 for IPv4, 10 for IPv6.") {
                .integer($0.origin.source.isIPv6 ? 10 : 2)
            },
            VariableRow("conid", "Number of the connection that the message came on.") {
                // A datagram comes on no connection.
                $0.origin.connection < 0 ? .null : .integer(Int($0.origin.connection))
            },
        ]
    }

    /// The script's variables, the process and the time.
    private static var own: [VariableRow<PVModule>] {
        [
            VariableRow(
                "var", inner: .required, isWritable: true,
                "A variable of the worker, 0 until it is set; it outlives the message."
            ) { module, reference in module.variable(reference.inner ?? "") },
            VariableRow(
                "vn", inner: .required, isWritable: true,
                "A variable of the worker, null until it is set; it outlives the message."
            ) { module, reference in module.nullVariable(reference.inner ?? "") },
            // A constant that scripts return: `return $true`.
            VariableRow("true", "The integer 1.") { _ in .integer(1) },
            VariableRow("Ts", "Time of the message in seconds since 1970.") {
                .integer($0.now.seconds)
            },
            VariableRow("pp", "Number of the process.") { _ in Read.process },
        ]
    }
}
