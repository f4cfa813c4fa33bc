import Basics
import SIPSyntax
import TestSupport

@testable import Transactions

/// What one call of a simulation came to.
struct ForkedCall {
    /// What each callee does: 0 rings until it is cancelled, else its final status.
    var answers: [Int] = []
    var cancelAfter: Int?
    var branch: ClientBranch?
    var finals: [Int] = []
    var timeouts = 0
    var context = ResponseContext()
    var server: ServerHandle?
    var branches: [ClientBranch?] = []
}

/// Callers, a stateful proxy that forks and callees, who exchange real bytes over a bad wire.
///
/// It shows how the parts fit together: both stores, the response context, ACK and CANCEL.
struct ForkedCalls: ~Copyable {
    private enum Node { case caller, proxy, callee }
    private enum Event {
        case call(Int), hangUp(Int), answer(ServerHandle, String, Int)
        case deliver(Node, String)
    }

    private var random: SeededNumbers
    private let wire: SimulatedWire
    private var timers = TransactionTimers()
    private let caller = ClientTransactions(now: at(0))
    private let proxyClient = ClientTransactions(now: at(0))
    private let proxyServer = ServerTransactions(seed: (1, 2, 3, 4), now: at(0))
    private let callee = ServerTransactions(seed: (5, 6, 7, 8), now: at(0))
    private var proxyKeys: ServerKeyMaker
    private var calleeKeys: ServerKeyMaker
    private var events: [(time: Int, event: Event)] = []
    private var now = 0
    private var clientDue: [ClientOutcome] = []
    private var serverDue: [ServerOutcome] = []
    private(set) var calls: [ForkedCall] = []
    /// Callees that rang until they were forgotten.
    private(set) var forgotten = 0
    /// CANCELs that reached a callee.
    private(set) var cancels = 0

    init(seed: UInt64, wire: SimulatedWire, calls count: Int) {
        random = SeededNumbers(seed: seed)
        self.wire = wire
        proxyKeys = proxyServer.makeKeyMaker()
        calleeKeys = callee.makeKeyMaker()
        timers.provisional = 15_000
        timers.unanswered = 90_000
        for number in 0..<count {
            var call = ForkedCall()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                call.answers.append([0, 200, 404, 486, 603].randomElement(using: &random) ?? 0)
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                call.cancelAfter = Int.random(in: 0...4_000, using: &random)
            }
            calls.append(call)
            schedule(Int.random(in: 0...2_000, using: &random), .call(number))
        }
    }

    /// Number of transactions that are open anywhere.
    var openCount: Int {
        caller.count + proxyClient.count + proxyServer.count + callee.count
    }

    /// Lets everything happen until nothing is left; false when that takes too long.
    mutating func run() throws -> Bool {
        while now < 1_000_000 {
            while let first = events.first, first.time <= now {
                events.removeFirst()
                try handle(first.event)
            }
            try fireTimers()
            if events.isEmpty, openCount == 0 { return true }
            now += 16
        }
        return false
    }

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .call(let number): try call(number)
        case .hangUp(let number): try hangUp(number)
        case .answer(let handle, let request, let status):
            try calleeAnswers(handle, request, status)
        case .deliver(let node, let bytes):
            let message = parsed(bytes)
            switch (node, message.kind) {
            case (.caller, _): callerReceives(message)
            case (.proxy, .request): try proxyReceives(message, bytes)
            case (.proxy, .response): try proxyReceives(response: message)
            case (.callee, _): try calleeReceives(message, bytes)
            }
        }
    }

    // MARK: The caller

    private func invite(_ number: Int, _ uri: String, _ vias: [String]) -> String {
        let lines = vias.map { "Via: \($0)" }
        return """
            INVITE \(uri) SIP/2.0
            \(lines.joined(separator: "\n"))
            From: <sip:caller@example.com>;tag=\(number)
            To: <sip:callee@example.com>
            Call-ID: call-\(number)
            CSeq: 1 INVITE
            Max-Forwards: 70
            Content-Length: 0


            """.replacing("\n", with: "\r\n")
    }

    private mutating func call(_ number: Int) throws {
        let opening = ClientOpening(
            method: .invite, destination: .peer(), owner: owner(number, 0), timers: timers)
        let branch = try caller.reserve(opening, lane: number, secret: random.next())
        calls[number].branch = branch
        let via = "SIP/2.0/UDP caller.example.com;branch=\(text(branch))"
        let bytes = invite(number, "sip:callee@example.com", [via])
        try caller.start(branch, message: Array(bytes.utf8).span, now: at(now))
        send(.proxy, bytes)
        if let delay = calls[number].cancelAfter { schedule(delay, .hangUp(number)) }
    }

    private mutating func hangUp(_ number: Int) throws {
        guard let branch = calls[number].branch else { return }
        let isWaiting = caller.state(of: branch) == .invite(.calling)
        if isWaiting { return schedule(200, .hangUp(number)) }
        if let bytes = try cancel(branch, in: caller, number, 0) { send(.proxy, bytes) }
    }

    private mutating func callerReceives(_ response: borrowing SIPMessage) {
        let match = caller.received(response, now: at(now))
        guard case .matched(let outcome) = match else { return }
        if let ack = acknowledge(outcome, response, in: caller) { send(.proxy, ack) }
        guard outcome.orders.contains(.passUp), outcome.method == .invite else { return }
        if response.status >= 200 {
            calls[Int(outcome.owner.value)].finals.append(response.status)
        }
    }

    // MARK: The proxy

    private mutating func proxyReceives(_ request: borrowing SIPMessage, _ bytes: String) throws {
        guard let key = proxyKeys.key(of: request) else { return }
        if request.method == .ack {
            _ = proxyServer.acknowledge(key, request, now: at(now))
            return
        }
        let opening = ServerOpening(
            method: request.method, origin: .peer(), destination: .peer(), timers: timers)
        switch try proxyServer.receive(key, opening, now: at(now)) {
        case .repeated(let outcome): sendAgain(outcome, to: .caller)
        case .opened(let handle):
            if request.method == .cancel {
                try answer(handle, response(200, to: bytes), 200)
                let key = proxyKeys.key(of: request, as: .invite)
                guard let invite = key.flatMap({ proxyServer.lookUp($0) }) else { return }
                let number = number(of: request)
                guard calls[number].server == invite.handle else { return }
                try carryOut(calls[number].context.cancelled(), number)
            } else {
                try forward(request, bytes, handle)
            }
        }
    }

    private mutating func forward(
        _ request: borrowing SIPMessage, _ bytes: String, _ handle: ServerHandle
    ) throws {
        let number = number(of: request)
        calls[number].server = handle
        try answer(handle, response(100, to: bytes), 100)
        for place in calls[number].answers.indices {
            _ = try calls[number].context.add(q: place == 2 ? 500 : 1_000)
            calls[number].branches.append(nil)
        }
        try carryOut(calls[number].context.begin(), number)
    }

    private mutating func proxyReceives(response: borrowing SIPMessage) throws {
        let match = proxyClient.received(response, now: at(now))
        guard case .matched(let outcome) = match else { return }
        if let ack = acknowledge(outcome, response, in: proxyClient) { send(.callee, ack) }
        guard outcome.orders.contains(.passUp), outcome.method == .invite else { return }
        let number = Int(outcome.owner.value)
        let actions = calls[number].context.received(
            Int(outcome.owner.number), status: response.status)
        try carryOut(actions, number, status: response.status)
    }

    /// Does what the response context asks for.
    private mutating func carryOut(
        _ actions: ForkActions, _ number: Int, status: Int = 0
    ) throws {
        if actions.forward != nil { try respond(number, status) }
        for place in actions.start {
            let opening = ClientOpening(
                method: .invite, destination: .peer(), owner: owner(number, place),
                timers: timers)
            let branch = try proxyClient.reserve(opening, lane: place, secret: random.next())
            calls[number].branches[place] = branch
            let via = "SIP/2.0/UDP proxy.example.com;branch=\(text(branch))"
            let bytes = invite(
                number, "sip:\(place)@example.com", [via, "SIP/2.0/UDP caller.example.com"])
            try proxyClient.start(branch, message: Array(bytes.utf8).span, now: at(now))
            send(.callee, bytes)
        }
        for place in actions.cancel {
            guard let branch = calls[number].branches[place] else { continue }
            if let bytes = try cancel(branch, in: proxyClient, number, place) {
                send(.callee, bytes)
            }
        }
        for place in actions.abandon {
            if let branch = calls[number].branches[place] { proxyClient.forget(branch) }
        }
        guard let best = actions.best else { return }
        try respond(number, best.status)
        try carryOut(calls[number].context.finalSent(), number)
    }

    private mutating func respond(_ number: Int, _ status: Int) throws {
        guard let handle = calls[number].server, let branch = calls[number].branch else { return }
        let via = "SIP/2.0/UDP caller.example.com;branch=\(text(branch))"
        let request = invite(number, "sip:callee@example.com", [via])
        try answer(handle, response(status, to: request), status)
    }

    /// Answers a request at the proxy's server side.
    private mutating func answer(_ handle: ServerHandle, _ bytes: String, _ status: Int) throws {
        guard proxyServer.look(handle) != nil else { return }
        let outcome = try proxyServer.answer(
            handle, status: status, message: Array(bytes.utf8).span, now: at(now))
        if outcome.orders.contains(.send) { send(.caller, bytes) }
    }

    // MARK: The callees

    private mutating func calleeReceives(_ request: borrowing SIPMessage, _ bytes: String) throws {
        guard let key = calleeKeys.key(of: request) else { return }
        if request.method == .ack {
            _ = callee.acknowledge(key, request, now: at(now))
            return
        }
        let opening = ServerOpening(
            method: request.method, origin: .peer(), destination: .peer(), timers: timers)
        switch try callee.receive(key, opening, now: at(now)) {
        case .repeated(let outcome): sendAgain(outcome, to: .proxy)
        case .opened(let handle) where request.method == .cancel:
            cancels += 1
            try calleeAnswers(handle, bytes, 200)
            let key = calleeKeys.key(of: request, as: .invite)
            guard let invite = key.flatMap({ callee.lookUp($0) }) else { return }
            let asInvite = bytes.replacing("CANCEL", with: "INVITE")
            try calleeAnswers(invite.handle, asInvite, 487)
        case .opened(let handle):
            let uri = String(copying: request[request.requestURI])
            let place = uri.dropFirst(4).prefix { $0 != "@" }
            let status = calls[number(of: request)].answers[Int(place) ?? 0]
            schedule(Int.random(in: 10...500, using: &random), .answer(handle, bytes, 180))
            guard status > 0 else { return }
            let delay = Int.random(in: 600...5_000, using: &random)
            for again in 0..<(status == 200 ? 8 : 1) {
                schedule(delay + again * 600, .answer(handle, bytes, status))
            }
        }
    }

    private mutating func calleeAnswers(
        _ handle: ServerHandle, _ request: String, _ status: Int
    ) throws {
        guard callee.look(handle) != nil else { return }
        let bytes = response(status, to: request)
        let outcome = try callee.answer(
            handle, status: status, message: Array(bytes.utf8).span, now: at(now))
        if outcome.orders.contains(.send) { send(.proxy, bytes) }
    }

    // MARK: Parts

    private func owner(_ number: Int, _ place: Int) -> TransactionOwner {
        TransactionOwner(kind: 0, number: UInt32(place), value: UInt64(number))
    }

    private func number(of message: borrowing SIPMessage) -> Int {
        let callID = message.header(.callID).map { String(copying: message[$0]) } ?? ""
        return Int(callID.dropFirst(5)) ?? 0
    }

    private func parsed(_ bytes: String) -> SIPMessage {
        var message = SIPMessage()
        _ = message.receive(Array(bytes.utf8).span)
        return message
    }

    private func response(_ status: Int, to request: String) -> String {
        var writer = ByteWriter()
        let tag = Array("t\(status)".utf8)
        ReplyWriter.begin(
            status, to: parsed(request), from: .peer(), toTag: tag.span, into: &writer)
        writer.finishMessage()
        return writer.text
    }

    /// The ACK of a final response above 2xx, made anew or sent again; nil where none is due.
    private func acknowledge(
        _ outcome: ClientOutcome, _ response: borrowing SIPMessage, in store: ClientTransactions
    ) -> String? {
        guard outcome.orders.contains(.acknowledge), let held = text(outcome.message) else {
            return nil
        }
        guard outcome.orders.contains(.passUp) else { return held }
        var writer = ByteWriter()
        HopRequest.writeAcknowledgement(of: parsed(held), for: response, into: &writer)
        store.acknowledge(outcome.branch, message: writer.span)
        return writer.text
    }

    /// Opens the CANCEL of an INVITE; nil when it has its final response.
    private func cancel(
        _ branch: ClientBranch, in store: ClientTransactions, _ number: Int, _ place: Int
    ) throws -> String? {
        guard store.state(of: branch) == .invite(.proceeding),
            let invite = text(store.message(of: branch))
        else { return nil }
        let handle = try store.reserveCancel(
            of: branch, owner: owner(number, place), now: at(now))
        var writer = ByteWriter()
        HopRequest.writeCancel(of: parsed(invite), into: &writer)
        try store.start(handle, message: writer.span, now: at(now))
        return writer.text
    }

    private mutating func sendAgain(_ outcome: ServerOutcome, to node: Node) {
        guard outcome.orders.contains(.send), let bytes = text(outcome.message) else { return }
        send(node, bytes)
    }

    private mutating func fireTimers() throws {
        for (store, node) in [(caller, Node.proxy), (proxyClient, Node.callee)] {
            clientDue.removeAll(keepingCapacity: true)
            while store.takeDue(now: at(now), limit: 10_000, into: &clientDue) {}
            for outcome in clientDue {
                if outcome.orders.contains(.send), let bytes = text(outcome.message) {
                    send(node, bytes)
                }
                guard outcome.orders.contains(.reportTimeout), outcome.method == .invite else {
                    continue
                }
                let number = Int(outcome.owner.value)
                if store === caller {
                    if outcome.orders.contains(.terminate) { calls[number].timeouts += 1 }
                } else {
                    let place = Int(outcome.owner.number)
                    try carryOut(calls[number].context.failed(place), number)
                }
            }
        }
        for (store, node) in [(proxyServer, Node.caller), (callee, Node.proxy)] {
            serverDue.removeAll(keepingCapacity: true)
            while store.takeDue(now: at(now), limit: 10_000, into: &serverDue) {}
            for outcome in serverDue {
                sendAgain(outcome, to: node)
                let isEnd = outcome.orders.contains(.reportTimeout)
                if isEnd, store === callee, outcome.status < 200 { forgotten += 1 }
            }
        }
    }

    private mutating func send(_ node: Node, _ bytes: String) {
        let copies = Int.random(in: 0..<100, using: &random) < wire.duplication ? 2 : 1
        for _ in 0..<copies where Int.random(in: 0..<100, using: &random) >= wire.loss {
            schedule(Int.random(in: wire.delay, using: &random), .deliver(node, bytes))
        }
    }

    private mutating func schedule(_ delay: Int, _ event: Event) {
        let time = now + delay
        let place = events.firstIndex { $0.time > time } ?? events.count
        events.insert((time, event), at: place)
    }
}
