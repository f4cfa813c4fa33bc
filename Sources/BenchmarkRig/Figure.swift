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
        case .echo: "CPU per REGISTER, reference echo of the same datagrams"
        case .millionRegister: "10 x contacts: CPU per REGISTER"
        case .millionDump: "10 x contacts: ul.dump brief, per contact"
        case .millionFlush: "10 x contacts: written to MariaDB, per contact"
        case .millionLoad: "10 x contacts: loaded at start, per contact"
        case .millionMemory: "10 x contacts: memory per contact"
        }
    }

    /// The unit of its numbers.
    public var unit: String {
        switch self {
        case .flush, .load, .dump: "s"
        case .memory, .millionMemory: "bytes"
        case .workers: "1/s"
        case .register, .registerDatabase, .registerScript, .latency, .echo, .millionRegister,
            .millionDump, .millionFlush, .millionLoad:
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
        case .echo: .atMost(must: nil, aim: 1.4)
        case .millionRegister, .millionDump, .millionFlush, .millionLoad, .millionMemory:
            .atMost(must: 1.5, aim: 1.1)
        }
    }

    /// Whether it is one of the rows with ten times the users.
    public var isMillion: Bool { rawValue.hasPrefix("million") }

    /// Whether it needs a database.
    public var needsDatabase: Bool {
        switch self {
        case .registerDatabase, .flush, .load, .millionFlush, .millionLoad: true
        default: false
        }
    }
}
