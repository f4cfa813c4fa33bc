public import Basics
public import ModuleKit

/// A whole configuration as it was written, names not yet looked up.
///
/// It holds what was written and in which order, and nothing that was concluded from it: two
/// readings of one text give equal trees whatever modules there are.
public struct Tree: Sendable {
    /// Settings, modules and addresses in the order they stand.
    public var settings: [Setting] = []
    /// The route blocks in the order they stand.
    public var blocks: [RouteBlock] = []
    /// What `cfgengine` says last, and where; nil without it.
    public var engine: (name: String, position: Position)?
    /// The files it was read from.
    public var sources = SourceMap()
    /// What was defined at the end, by name.
    public var definitions: [Definition] = []

    /// An empty configuration.
    public init() {}
}

/// One statement outside of route blocks.
///
/// Order matters between `loadmodule` and `modparam`, since a parameter can only be set in a module
/// that is loaded; so they stay in one list.
public enum Setting: Sendable {
    /// `name = value`.
    case global(name: String, value: SettingValue, Position)
    /// `group.name = value desc "text"`.
    case custom(group: String, name: String, value: SettingValue, summary: String, Position)
    /// `listen = …`.
    case listen(ListenAddress, Position)
    /// `alias = …`.
    case alias(HostAddress, Position)
    /// `port = …`.
    case port(Int, Position)
    /// `flags NAME:number, …`.
    case flag(name: String, number: Int?, Position)
    /// `loadmodule "name"`.
    case loadModule(String, Position)
    /// `modparam("a|b", "name", value)`.
    case parameter(modules: String, name: String, value: SettingValue, Position)
    /// A statement that is read and means nothing here, such as `loadpath`.
    case ignored(String, Position)
}

/// A host with what may stand around it.
///
/// The host is not resolved: names of interfaces, of hosts and addresses look alike here, and only
/// the server that binds to them can tell.
public struct HostAddress: Sendable, Hashable {
    /// The transport before it, nil for all.
    public var transport: TransportProtocol?
    /// Name or address; IPv6 without brackets, `*` for any.
    public var host: String
    /// The port behind it, nil for the usual one.
    public var port: Int?
    /// An address.
    public init(transport: TransportProtocol? = nil, host: String, port: Int? = nil) {
        self.transport = transport
        self.host = host
        self.port = port
    }
}

/// An address to listen on.
public struct ListenAddress: Sendable, Hashable {
    /// What to bind to.
    public var address: HostAddress
    /// What to show to others instead.
    public var advertised: HostAddress?
    /// The name of the socket.
    public var name: String?
    /// An address to listen on.
    public init(_ address: HostAddress, advertised: HostAddress? = nil, name: String? = nil) {
        self.address = address
        self.advertised = advertised
        self.name = name
    }
}

/// What makes a block run.
public enum RouteBlockKind: Sendable, Hashable {
    /// `request_route`, `route`, `route[0]`: every request.
    ///
    /// A configuration has one at most; without it requests are not answered by the script.
    case request
    /// `route[NAME]`: a call.
    case named(String)
    /// `reply_route`, `onreply_route`: every reply.
    case reply
    /// `onreply_route[NAME]`: replies of a transaction.
    case transactionReply(String)
    /// `failure_route[NAME]`: the failure of a transaction.
    case failure(String)
    /// `branch_route[NAME]`: an outgoing branch.
    case branch(String)
    /// `onsend_route`: a message about to be sent.
    case send
    /// `event_route[NAME]`: an event.
    case event(String)

    /// The kinds that functions are checked against.
    ///
    /// A named route may be called from any block, which cannot be known here: its functions are
    /// checked as those of requests, as Kamailio does (script.md 4).
    var kinds: RouteKinds {
        switch self {
        case .request, .named: .request
        case .reply: .coreReply
        case .transactionReply: .reply
        case .failure: .failure
        case .branch: .branch
        case .send: .send
        case .event: [.event, .request]
        }
    }

    /// The name in brackets, nil for blocks that have none.
    var name: String? {
        switch self {
        case .named(let name), .transactionReply(let name), .failure(let name),
            .branch(let name), .event(let name):
            name
        case .request, .reply, .send: nil
        }
    }

    /// The head of the block in the script's spelling.
    public var text: String {
        switch self {
        case .request: "request_route"
        case .named(let name): "route[\(name)]"
        case .reply: "reply_route"
        case .transactionReply(let name): "onreply_route[\(name)]"
        case .failure(let name): "failure_route[\(name)]"
        case .branch(let name): "branch_route[\(name)]"
        case .send: "onsend_route"
        case .event(let name): "event_route[\(name)]"
        }
    }
}

/// One route block.
public struct RouteBlock: Sendable {
    /// What makes it run.
    public var kind: RouteBlockKind
    /// Where its head stands.
    public var position: Position
    /// What it does.
    public var body: [Statement]
}

/// One statement of a route block.
public struct Statement: Sendable {
    /// What it is.
    public var kind: Kind
    /// Where it begins.
    public var position: Position

    /// What a statement is.
    ///
    /// A chain of `else if` is a list and not a nest, because real configurations have chains that
    /// are longer than any sensible bound on depth.
    public indirect enum Kind: Sendable {
        /// `{ … }`
        case block([Statement])
        /// `if … else if … else …`, flat: a chain is no nesting.
        case conditional([Arm], otherwise: Statement?)
        /// `while … …`
        case loop(Expression, Statement)
        /// `switch (…) { … }`
        case choice(Expression, [Label])
        /// A call, a route or an assignment for its effect.
        case expression(Expression)
        /// `exit`, `return`, `drop` with their value.
        case end(End, Expression?)
        /// `break`
        case leave
    }
    /// A condition and what it guards.
    public struct Arm: Sendable {
        /// The condition.
        public var condition: Expression
        /// What runs when it holds.
        public var body: Statement
    }
    /// What ends a route or the script.
    ///
    /// They differ in what they end and in what they leave behind: `return 0` ends the script as
    /// well, and `drop` marks the message besides (script.md 5).
    public enum End: String, Sendable, Hashable {
        /// Ends the script.
        case exit
        /// Ends the block.
        case `return`
        /// Ends the script and the message.
        case drop
    }
    /// One label of a `switch` with the statements up to the next.
    public struct Label: Sendable {
        /// What it compares with; nil for `default`.
        public var match: Match?
        /// Where it stands.
        public var position: Position
        /// What runs; it falls through to the next label unless it leaves.
        public var body: [Statement]
    }
    /// What a label compares with.
    ///
    /// Integers and strings cannot be mixed within one switch; strings and patterns can.
    public enum Match: Sendable, Hashable {
        /// An integer.
        case integer(Int)
        /// A string.
        case string(String)
        /// `/"regular expression"`.
        case pattern(String)
    }
}
