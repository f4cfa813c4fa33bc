import Basics
import SIPSyntax
import TestSupport

@testable import Transactions

/// What travels between the two sides of a simulation.
enum SimulatedMessage: Hashable {
    case request(Int, SIPMethod)
    case response(Int, SIPMethod, status: Int)
    /// The ACK of a response above 2xx, and that of a 2xx, which is no part of the transaction.
    case ack(Int), ackOfSuccess(Int)
}

/// What may go wrong on the way, in percent, and how long it takes.
struct SimulatedWire {
    var loss = 0
    var duplication = 0
    var delay = 1...30
}

/// What one call or request of a simulation came to.
struct SimulatedCourse {
    var method = SIPMethod.options
    var status = 200
    var answerDelay = 0
    var cancelAfter: Int?
    var branch: ClientBranch?
    var handle: ServerHandle?
    var sends = 0
    var opened = 0
    var finals: [Int] = []
    var timeouts = 0
    var isAcknowledged = false
    var isAnswered = false
}

/// A client and a server with their users, a bad wire between them, and a clock of their own.
struct Simulation {
    private enum Event {
        case open(Int), cancel(Int), answer(Int, Int), again(Int, Int)
        case toServer(SimulatedMessage), toClient(SimulatedMessage)
    }

    private var random: SeededNumbers
    private let wire: SimulatedWire
    private let client = ClientTransactions(now: at(0))
    private let server = ServerTransactions(seed: (1, 2, 3, 4), now: at(0))
    private var now = 0
    private var events: [(time: Int, event: Event)] = []
    private(set) var courses: [SimulatedCourse]
    private var numbers: [ServerHandle: Int] = [:]
    private var clientDue: [ClientOutcome] = []
    private var serverDue: [ServerOutcome] = []
    /// Reports of the server that nobody acknowledged.
    private(set) var unacknowledged = 0

    init(seed: UInt64, wire: SimulatedWire, courses count: Int) {
        random = SeededNumbers(seed: seed)
        self.wire = wire
        courses = []
        for number in 0..<count {
            var course = SimulatedCourse()
            course.method = Bool.random(using: &random) ? .invite : .options
            course.status = [200, 404, 603].randomElement(using: &random) ?? 200
            course.answerDelay = Int.random(in: 0...6_000, using: &random)
            if course.method == .invite, Int.random(in: 0..<4, using: &random) == 0 {
                course.cancelAfter = Int.random(in: 0...3_000, using: &random)
            }
            courses.append(course)
            schedule(Int.random(in: 0...3_000, using: &random), .open(number))
        }
    }

    /// Number of transactions that are open on either side.
    var openCount: Int { client.count + server.count }

    /// Lets everything happen until nothing is left; false when that takes too long.
    mutating func run() -> Bool {
        while now < 1_000_000 {
            while let first = events.first, first.time <= now {
                events.removeFirst()
                handle(first.event)
            }
            fireTimers()
            if events.isEmpty, openCount == 0 { return true }
            now += 16
        }
        return false
    }

    // MARK: Events

    private mutating func handle(_ event: Event) {
        switch event {
        case .open(let number): open(number)
        case .cancel(let number): cancel(number)
        case .answer(let number, let status): answer(number, status)
        case .again(let number, let interval): repeatSuccess(number, interval)
        case .toServer(let message): serverReceives(message)
        case .toClient(let message): clientReceives(message)
        }
    }

    private mutating func open(_ number: Int) {
        let method = courses[number].method
        let opening = ClientOpening(
            method: method, destination: .peer(),
            owner: TransactionOwner(kind: 0, value: UInt64(number)))
        do throws(TransactionError) {
            let branch = try client.reserve(opening, lane: number, secret: random.next())
            courses[number].branch = branch
            let bytes = [UInt8](repeating: 1, count: 10)
            try client.start(branch, message: bytes.span, now: at(now))
        } catch { return }
        sendRequest(number)
        if let delay = courses[number].cancelAfter { schedule(delay, .cancel(number)) }
    }

    /// Tries to cancel; before a provisional response a while later once more.
    private mutating func cancel(_ number: Int) {
        guard let branch = courses[number].branch else { return }
        let owner = TransactionOwner(kind: 1, value: UInt64(number))
        do throws(TransactionError) {
            let cancel = try client.reserveCancel(of: branch, owner: owner, now: at(now))
            let bytes = [UInt8](repeating: 2, count: 10)
            try client.start(cancel, message: bytes.span, now: at(now))
            send(.toServer(.request(number, .cancel)))
        } catch {
            let isWaiting = client.state(of: branch) == .invite(.calling)
            if isWaiting { schedule(200, .cancel(number)) }
        }
    }

    private func key(_ number: Int, _ method: SIPMethod) -> ServerKey {
        ServerKey(
            first: UInt64(number) &* 0x9e37_79b9_7f4a_7c15, second: UInt64(method.rawValue),
            isRFC2543: false)
    }

    private mutating func serverReceives(_ message: SimulatedMessage) {
        switch message {
        case .request(let number, let method):
            let opening = ServerOpening(method: method, origin: .peer(), destination: .peer())
            guard
                let arrival = try? server.receive(key(number, method), opening, now: at(now))
            else { return }
            switch arrival {
            case .opened(let handle): serve(number, method, handle)
            case .repeated(let outcome):
                guard outcome.orders.contains(.send) else { return }
                send(.toClient(.response(number, method, status: outcome.status)))
            }
        case .ack(let number):
            _ = server.acknowledge(key(number, .invite), now: at(now))
        case .ackOfSuccess(let number): courses[number].isAcknowledged = true
        case .response: return
        }
    }

    /// The server's user works on a request that is new.
    private mutating func serve(_ number: Int, _ method: SIPMethod, _ handle: ServerHandle) {
        numbers[handle] = number
        if method == .cancel {
            reply(handle, number, .cancel, 200)
            return answer(number, 487)
        }
        courses[number].handle = handle
        courses[number].opened += 1
        if method == .invite { reply(handle, number, .invite, 100) }
        schedule(courses[number].answerDelay, .answer(number, courses[number].status))
    }

    private mutating func answer(_ number: Int, _ status: Int) {
        guard !courses[number].isAnswered, let handle = courses[number].handle else { return }
        courses[number].isAnswered = true
        courses[number].status = status
        reply(handle, number, courses[number].method, status)
        if courses[number].method == .invite, status < 300 {
            schedule(500, .again(number, 500))
        }
    }

    /// The 2xx of an INVITE is repeated by the user until its ACK comes (RFC 3261 13.3.1.4).
    private mutating func repeatSuccess(_ number: Int, _ interval: Int) {
        guard !courses[number].isAcknowledged, interval < 100_000,
            let handle = courses[number].handle, server.look(handle) != nil
        else { return }
        reply(handle, number, .invite, courses[number].status)
        let next = min(interval * 2, 4_000)
        schedule(next, .again(number, next))
    }

    private mutating func reply(
        _ handle: ServerHandle, _ number: Int, _ method: SIPMethod, _ status: Int
    ) {
        let bytes = [UInt8](repeating: 3, count: 10)
        let outcome = try? server.answer(
            handle, status: status, message: bytes.span, now: at(now))
        guard let outcome, outcome.orders.contains(.send) else { return }
        send(.toClient(.response(number, method, status: status)))
    }

    private mutating func clientReceives(_ message: SimulatedMessage) {
        guard case .response(let number, let method, let status) = message,
            let branch = courses[number].branch,
            let outcome = client.received(branch, method: method, status: status, now: at(now))
        else { return }
        if outcome.orders.contains(.acknowledge) {
            let bytes = [UInt8](repeating: 4, count: 10)
            client.acknowledge(branch, message: bytes.span)
            send(.toServer(.ack(number)))
        }
        guard outcome.orders.contains(.passUp), status >= 200, method != .cancel else { return }
        courses[number].finals.append(status)
        if method == .invite, status < 300 { send(.toServer(.ackOfSuccess(number))) }
    }

    // MARK: Time and wire

    private mutating func fireTimers() {
        clientDue.removeAll(keepingCapacity: true)
        while client.takeDue(now: at(now), limit: 10_000, into: &clientDue) {}
        for outcome in clientDue {
            let number = Int(outcome.owner.value)
            if outcome.orders.contains(.send) {
                if outcome.method == .cancel {
                    send(.toServer(.request(number, .cancel)))
                } else {
                    sendRequest(number)
                }
            }
            if outcome.orders.contains(.reportTimeout), outcome.method != .cancel {
                courses[number].timeouts += 1
            }
        }
        serverDue.removeAll(keepingCapacity: true)
        while server.takeDue(now: at(now), limit: 10_000, into: &serverDue) {}
        for outcome in serverDue {
            guard let number = numbers[outcome.handle] else { continue }
            if outcome.orders.contains(.send) {
                send(.toClient(.response(number, outcome.method, status: outcome.status)))
            }
            if outcome.orders.contains(.reportTimeout) { unacknowledged += 1 }
        }
    }

    private mutating func sendRequest(_ number: Int) {
        courses[number].sends += 1
        send(.toServer(.request(number, courses[number].method)))
    }

    /// Loses, doubles and delays a message; what is delayed more is overtaken.
    private mutating func send(_ event: Event) {
        let copies = Int.random(in: 0..<100, using: &random) < wire.duplication ? 2 : 1
        for _ in 0..<copies where Int.random(in: 0..<100, using: &random) >= wire.loss {
            schedule(Int.random(in: wire.delay, using: &random), event)
        }
    }

    private mutating func schedule(_ delay: Int, _ event: Event) {
        let time = now + delay
        let place = events.firstIndex { $0.time > time } ?? events.count
        events.insert((time, event), at: place)
    }
}
