/// What is measured: one row of the table each.
public enum Figure: String, CaseIterable, Sendable {
    /// CPU time of a REGISTER that refreshes, without a database.
    case register
    /// The same in db_mode 2 with MariaDB running.
    case registerDatabase = "register-db"
    /// CPU time of a REGISTER that a script of forty statements looks at first.
    case registerScript = "register-script"
    /// Time until all dirty contacts stand in MariaDB.
    case flush
    /// Time to load them at the next start.
    case load
    /// Time of `ul.dump brief` over HTTP.
    case dump
    /// p99 of REGISTER while `ul.dump` runs in a loop, against the same without.
    case latency
    /// Resident memory of one contact.
    case memory
    /// What two workers can take, against one.
    case workers
    /// `core.uptime` calls a second over four HTTP connections.
    case commands
    /// p99 of those calls.
    case commandLatency = "commands-p99"
    /// Calls a second while 10,000 REGISTERs a second pass.
    case commandsBusy = "commands-busy"
    /// p99 of those calls.
    case commandLatencyBusy = "commands-busy-p99"
    /// CPU time of a call.
    case commandCost = "commands-cpu"
    /// CPU time of a REGISTER against that of an echo of the same datagrams.
    case echo
    /// Ten times the users: CPU time of a REGISTER, against our own cost with the usual number.
    case millionRegister = "million-register"
    /// Ten times the users: `ul.dump brief`, for each contact.
    case millionDump = "million-dump"
    /// Ten times the users: writing to MariaDB, for each contact.
    case millionFlush = "million-flush"
    /// Ten times the users: loading, for each contact.
    case millionLoad = "million-load"
    /// Ten times the users: memory of one contact.
    case millionMemory = "million-memory"

    /// SUBSCRIBE with its first NOTIFY, against Kamailio's default modes.
    case presenceSubscribe = "presence-subscribe"
    /// The same against Kamailio without a database.
    case presenceSubscribeMemory = "presence-subscribe-memory"
    /// PUBLISH of a new state with one watcher, against Kamailio's default modes.
    case presencePublish = "presence-publish"
    /// The same against Kamailio without a database.
    case presencePublishMemory = "presence-publish-memory"
    /// NOTIFYs to ten watchers each, against Kamailio's default modes.
    case presenceTen = "presence-fanout-10"
    /// The same against Kamailio without a database.
    case presenceTenMemory = "presence-fanout-10-memory"
    /// NOTIFYs to a thousand watchers each, against Kamailio's default modes.
    case presenceThousand = "presence-fanout-1000"
    /// The same against Kamailio without a database.
    case presenceThousandMemory = "presence-fanout-1000-memory"
    /// CPU time of a SUBSCRIBE with its first NOTIFY, against Kamailio without a database.
    case presenceSubscribeCost = "presence-subscribe-cpu"
    /// CPU time of a PUBLISH with one watcher, against Kamailio without a database.
    case presencePublishCost = "presence-publish-cpu"
    /// CPU time of a NOTIFY of ten, against Kamailio without a database.
    case presenceNotifyCost = "presence-notify-cpu"
    /// p99 from PUBLISH to NOTIFY at the load that Kamailio sustains in its default modes.
    case presenceLatency = "presence-latency"
    /// Resident memory of a subscription, against Kamailio without a database.
    case presenceSubscriptionMemory = "presence-subscription-memory"
    /// Resident memory of a presentity with 500 bytes, against Kamailio without a database.
    case presencePresentityMemory = "presence-presentity-memory"

    /// REGISTER, PUBLISH of the server to itself, NOTIFY to the watcher: all in memory.
    case reginfoRegister = "reginfo-register"
    /// The same with all tables, the user agent's records in the table alone.
    case reginfoRegisterStored = "reginfo-register-db"
    /// Time until a second server has learnt all registrations of the first.
    case reginfoLearn = "reginfo-learn"
    /// The same with all tables, the user agents' records in theirs alone.
    case reginfoLearnStored = "reginfo-learn-db"

    /// What a ratio must reach and what is aimed for.
    public enum Bound: Sendable, Equatable {
        /// Less is better; `must` may be absent.
        case atMost(must: Double?, aim: Double)
        /// More is better.
        case atLeast(must: Double, aim: Double)
    }

    /// What the row is called.
    public var title: String {
        switch self {
        case .register: "CPU per REGISTER refresh, db_mode 0, UDP"
        case .registerDatabase: "CPU per REGISTER refresh, db_mode 2, MariaDB"
        case .registerScript: "CPU per REGISTER refresh behind a script of forty statements"
        case .flush: "dirty contacts written to MariaDB"
        case .load: "loading all rows at start"
        case .dump: "ul.dump brief over HTTP"
        case .latency: "p99 of REGISTER while ul.dump loops, own reference without"
        case .memory: "resident memory per contact"
        case .workers: "REGISTERs that two workers can take, own reference one"
        case .commands: "core.uptime over HTTP, four connections"
        case .commandLatency: "p99 of core.uptime over HTTP, four connections"
        case .commandsBusy: "core.uptime over HTTP beside 10,000 REGISTERs a second"
        case .commandLatencyBusy: "p99 of core.uptime beside 10,000 REGISTERs a second"
        case .commandCost: "CPU per core.uptime over HTTP"
        case .echo: "CPU per REGISTER, reference echo of the same datagrams"
        case .millionRegister: "10 x contacts: CPU per REGISTER"
        case .millionDump: "10 x contacts: ul.dump brief, per contact"
        case .millionFlush: "10 x contacts: written to MariaDB, per contact"
        case .millionLoad: "10 x contacts: loaded at start, per contact"
        case .millionMemory: "10 x contacts: memory per contact"
        case .presenceSubscribe: "SUBSCRIBE with its first NOTIFY, default modes"
        case .presenceSubscribeMemory: "SUBSCRIBE with its first NOTIFY, Kamailio memory only"
        case .presencePublish: "PUBLISH with one watcher, default modes"
        case .presencePublishMemory: "PUBLISH with one watcher, Kamailio memory only"
        case .presenceTen: "NOTIFYs to ten watchers, default modes"
        case .presenceTenMemory: "NOTIFYs to ten watchers, Kamailio memory only"
        case .presenceThousand: "NOTIFYs to a thousand watchers, default modes"
        case .presenceThousandMemory: "NOTIFYs to a thousand watchers, Kamailio memory only"
        case .presenceSubscribeCost: "CPU per SUBSCRIBE with NOTIFY, Kamailio memory only"
        case .presencePublishCost: "CPU per PUBLISH with one watcher, Kamailio memory only"
        case .presenceNotifyCost: "CPU per NOTIFY to one of ten, Kamailio memory only"
        case .presenceLatency: "p99 from PUBLISH to NOTIFY, default modes, what Kamailio sustains"
        case .presenceSubscriptionMemory: "resident memory per subscription"
        case .presencePresentityMemory: "resident memory per presentity of 500 bytes"
        case .reginfoRegister: "REGISTER to NOTIFY of its reginfo, one watcher, memory only"
        case .reginfoRegisterStored: "REGISTER to NOTIFY of its reginfo, pua db_mode 2"
        case .reginfoLearn:
            "all registrations learnt by a second server through reginfo, memory only"
        case .reginfoLearnStored:
            "all registrations learnt by a second server through reginfo, pua db_mode 2"
        }
    }

    /// The unit of its numbers.
    public var unit: String {
        switch self {
        case .flush, .load, .dump, .reginfoLearn, .reginfoLearnStored: "s"
        case .memory, .millionMemory, .presenceSubscriptionMemory, .presencePresentityMemory:
            "bytes"
        case .commands, .commandsBusy, .workers, .presenceSubscribe, .presenceSubscribeMemory,
            .presencePublish,
            .presencePublishMemory, .presenceTen, .presenceTenMemory, .presenceThousand,
            .presenceThousandMemory, .reginfoRegister, .reginfoRegisterStored:
            "1/s"
        case .commandLatency, .commandLatencyBusy, .commandCost, .register, .registerDatabase,
            .registerScript, .latency, .echo, .millionRegister,
            .millionDump, .millionFlush, .millionLoad, .presenceSubscribeCost,
            .presencePublishCost, .presenceNotifyCost, .presenceLatency:
            "us"
        }
    }

    /// What the ratio must reach.
    public var bound: Bound {
        switch self {
        case .register, .registerDatabase, .registerScript: .atMost(must: 0.6, aim: 0.45)
        case .flush: .atMost(must: 1.0 / 15, aim: 1.0 / 40)
        case .load: .atMost(must: 0.6, aim: 0.3)
        case .dump: .atMost(must: 1.0 / 40, aim: 1.0 / 100)
        case .latency: .atMost(must: 2, aim: 1.1)
        case .memory: .atMost(must: 0.6, aim: 0.4)
        case .workers: .atLeast(must: 1.7, aim: 1.9)
        case .commands, .commandsBusy: .atLeast(must: 1, aim: 1.5)
        case .commandLatency, .commandLatencyBusy: .atMost(must: 1, aim: 1 / 1.5)
        case .commandCost: .atMost(must: 1, aim: 1 / 1.5)
        case .echo: .atMost(must: nil, aim: 1.4)
        case .millionRegister, .millionDump, .millionFlush, .millionLoad, .millionMemory:
            .atMost(must: 1.5, aim: 1.1)
        case .presenceSubscribe: .atLeast(must: 10, aim: 25)
        case .presencePublish: .atLeast(must: 12, aim: 30)
        case .presenceTen, .presenceThousand: .atLeast(must: 7, aim: 15)
        case .presenceSubscribeMemory, .presencePublishMemory, .presenceTenMemory,
            .presenceThousandMemory:
            .atLeast(must: 1.3, aim: 2.5)
        case .presenceSubscribeCost, .presencePublishCost, .presenceNotifyCost:
            .atMost(must: 1 / 1.3, aim: 1 / 2.5)
        case .reginfoRegister, .reginfoRegisterStored: .atLeast(must: 4, aim: 8)
        case .reginfoLearn, .reginfoLearnStored: .atMost(must: 1.0 / 5, aim: 1.0 / 10)
        case .presenceLatency: .atMost(must: 1.0 / 5, aim: 1.0 / 10)
        case .presenceSubscriptionMemory, .presencePresentityMemory: .atMost(must: 0.7, aim: 0.4)
        }
    }

    /// Whether it is one of the rows with ten times the users.
    public var isMillion: Bool { rawValue.hasPrefix("million") }

    /// Whether it is one of the rows of remote control.
    public var isCommand: Bool { rawValue.hasPrefix("commands") }

    /// Whether it is one of the rows of the presence server.
    public var isPresence: Bool { rawValue.hasPrefix("presence") }

    /// Whether it is one of the rows of registrations that are published.
    public var isReginfo: Bool { rawValue.hasPrefix("reginfo") }

    /// Whether it needs a database: ours has one in every row of the presence server.
    public var needsDatabase: Bool {
        switch self {
        case .registerDatabase, .flush, .load, .millionFlush, .millionLoad: true
        default: isPresence || isReginfo
        }
    }
}
