/// A load that the rig asks for.
public struct LoadRequest: Sendable, Equatable {
    /// Port on 127.0.0.1.
    public var port: UInt16
    /// Addresses-of-record.
    public var users: Int
    /// Requests in all.
    public var count: Int
    /// Most requests that wait for a reply.
    public var window: Int
    /// Sockets that the requests are spread over.
    public var sockets = 16
    /// Most requests a second; nil for as fast as the window allows.
    public var rate: Int?

    /// A load with the usual sockets and no limit of its rate.
    public init(port: UInt16, users: Int, count: Int, window: Int) {
        self.port = port
        self.users = users
        self.count = count
        self.window = window
    }
}

/// A load of commands over HTTP that the rig asks for.
public struct CommandRequest: Sendable, Equatable {
    /// Port on 127.0.0.1.
    public var port: UInt16
    /// Connections, each with one call under way.
    public var connections = 4
    /// Calls in all.
    public var count: Int

    /// A load of `core.uptime` over four connections.
    public init(port: UInt16, count: Int) {
        self.port = port
        self.count = count
    }
}

/// What a load came to.
public struct LoadOutcome: Sendable, Equatable {
    /// Requests answered with 2xx.
    public var succeeded: Int
    /// Requests that were not.
    public var failures: Int
    /// Seconds that it took.
    public var seconds: Double
    /// Microseconds within which 99 of 100 were answered.
    public var p99: Double

    /// An outcome.
    public init(succeeded: Int, failures: Int, seconds: Double, p99: Double) {
        self.succeeded = succeeded
        self.failures = failures
        self.seconds = seconds
        self.p99 = p99
    }
}

/// The tools that put load on a server: handed in, so that the rig knows no generator.
public struct LoadTools: Sendable {
    /// Puts load on a presence server; calls `boundary` just before and after what is measured.
    public typealias Presence =
        @Sendable (_ request: PresenceRequest, _ boundary: () -> Void) throws(RigError) ->
        PresenceOutcome

    /// Registers and returns when all requests have come to an end.
    public var register: @Sendable (LoadRequest) throws(RigError) -> LoadOutcome
    /// Runs the same datagrams against a bare echo and returns its CPU time in nanoseconds.
    ///
    /// The port of the request is unused: the echo chooses its own.
    public var echo: @Sendable (LoadRequest) throws(RigError) -> UInt64
    /// Publishes, subscribes and answers NOTIFYs.
    public var presence: Presence
    /// Calls commands over HTTP.
    public var command: @Sendable (CommandRequest) throws(RigError) -> LoadOutcome

    /// The tools; without `presence` and `command` their rows are not taken.
    public init(
        register: @escaping @Sendable (LoadRequest) throws(RigError) -> LoadOutcome,
        echo: @escaping @Sendable (LoadRequest) throws(RigError) -> UInt64,
        presence: @escaping Presence = { (_, _) throws(RigError) in
            throw RigError(.usage, "no generator for presence")
        },
        command: @escaping @Sendable (CommandRequest) throws(RigError) -> LoadOutcome = {
            (_) throws(RigError) in throw RigError(.usage, "no generator for commands")
        }
    ) {
        self.register = register
        self.echo = echo
        self.presence = presence
        self.command = command
    }
}
