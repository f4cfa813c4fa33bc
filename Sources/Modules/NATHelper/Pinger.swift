import Basics
import Dispatch
import Locations
import ModuleKit
import SIPSyntax
import Synchronization
import Usrloc

/// Keeps the bindings of NATs open: every contact gets a packet once an interval.
///
/// A tick looks at as many contacts as are due, copies them out of the table and sends without any
/// lock. Answers come in on the workers, which know them by their From tag.
final class Pinger: Sendable {
    /// Milliseconds between two ticks: what is due in them is the largest burst there is.
    static let tickMilliseconds = 50

    /// How far it has come.
    private struct State: Sendable {
        var schedule: PingSchedule
        var cursor = LocationCursor()
        var table = 0
        var number: UInt64 = 0
    }
    /// Which contacts are pinged, and how.
    let rules: PingRules
    /// What is counted.
    let counters = PingCounters()
    /// Whether pings are sent (`nathelper.enable_ping`).
    let isEnabled = Atomic<Bool>(true)
    private let usrloc: UsrlocModule
    private let services: any Services
    private let key = KeyedHash(
        key0: UInt64.random(in: 0...UInt64.max), key1: UInt64.random(in: 0...UInt64.max))
    private let state: Guarded<State>
    private let timer = Guarded<Ticker?>(nil)

    /// A timer that runs.
    ///
    /// Dispatch sources may be used from any thread, though their protocol does not say so: that is
    /// why it may be shared.
    private struct Ticker: @unchecked Sendable { let source: any DispatchSourceTimer }

    /// A pinger that does not run yet.
    init(_ rules: PingRules, _ usrloc: UsrlocModule, _ services: any Services) {
        self.rules = rules
        self.usrloc = usrloc
        self.services = services
        state = Guarded(State(schedule: PingSchedule(seconds: rules.interval)))
    }

    /// Begins to ping.
    func start() {
        let source = DispatchSource.makeTimerSource(
            queue: DispatchQueue(label: "roost.nathelper.ping", qos: .utility))
        source.schedule(
            deadline: .now() + .milliseconds(Self.tickMilliseconds),
            repeating: .milliseconds(Self.tickMilliseconds))
        source.setEventHandler { [weak self] in
            self?.tick(SystemClock.monotonic(), SystemClock.wall())
        }
        let ticker = Ticker(source: source)
        timer.withLock { $0 = ticker }
        source.resume()
    }

    /// Pings no more.
    func stop() { timer.withLock { $0 }?.source.cancel() }

    /// Looks at the contacts that are due.
    func tick(_ now: MonotonicTime, _ wall: WallTime) {
        guard isEnabled.load(ordering: .relaxed) else { return }
        let tables = usrloc.tables
        let total = tables.reduce(0) { $0 + max(0, $1.statistics.contacts.value) }
        var state = state.withLock { $0 }
        defer { self.state.withLock { $0 = state } }
        var due = state.schedule.due(now, of: total)
        var ends = 0
        while due > 0, ends <= tables.count {
            if state.table >= tables.count { state.table = 0 }
            var targets: [PingTarget] = []
            var seen = 0
            tables[state.table].walk(&state.cursor, limit: min(due, 128)) { binding in
                seen += 1
                if rules.isMeant(binding, now: wall) { targets.append(PingTarget(binding)) }
            }
            due -= seen
            state.schedule.take(seen)
            for target in targets {
                state.number &+= 1
                ping(target, tables[state.table], state.table, state.number, now, wall)
            }
            guard state.cursor.isAtEnd else { continue }
            state.cursor = LocationCursor()
            state.table += 1
            ends += 1
        }
    }

    // MARK: One contact

    /// Pings one contact, or ends its binding when it has not answered for too long.
    private func ping(
        _ target: PingTarget, _ table: LocationTable, _ place: Int, _ number: UInt64,
        _ now: MonotonicTime, _ wall: WallTime
    ) {
        let isRequest = rules.asksByRequest(target.values)
        if isRequest, rules.hasTimedOut(target, wall) {
            let count = try? usrloc.remove(in: table, target.aor.span, now: wall) {
                $0.handle == target.handle
            }
            counters.ended.add(count ?? 0)
            return
        }
        guard let destination = target.destination(rules.socket) else {
            counters.unreachable.add()
            return
        }
        if isRequest {
            var request = ByteWriter(capacity: 512)
            let token = PingToken(
                table: place, contact: target.handle.parts, sent: now.nanoseconds / 1000)
            write(target, token, number, destination, into: &request)
            services.network.send(request.span, to: destination)
        } else if target.path.isEmpty || rules.pingsThroughPath {
            // Four zero bytes are no SIP and get no answer; on a stream it is the two line ends of
            // RFC 5626 3.5.1.
            let packet: [UInt8] = destination.transport == .udp ? [0, 0, 0, 0] : [13, 10, 13, 10]
            services.network.send(packet.span, to: destination)
        } else {
            return
        }
        counters.sent.add()
    }

    /// Writes the request of a ping.
    private func write(
        _ target: PingTarget, _ token: PingToken, _ number: UInt64, _ destination: Origin,
        into writer: inout ByteWriter
    ) {
        var text = ByteWriter(capacity: 256)
        text.append("<")
        text.append(rules.from)
        text.append(">;tag=")
        token.write(key, into: &text)
        let from = Array(copying: text.span)
        text.removeAll()
        text.append("<")
        text.append(target.uri)
        text.append(">")
        let to = Array(copying: text.span)
        text.removeAll()
        text.append("nathelper-")
        text.append(hexadecimal: number)
        text.append("-")
        text.append(hexadecimal: token.sent)
        let callID = Array(copying: text.span)
        let identity = RequestWriter.Identity(
            from: from.span, to: to.span, callID: callID.span, cSeq: 1)
        let method = rules.method
        RequestWriter.begin(
            method.span, uri: target.uri.span, socket: socket(for: destination),
            branch: callID.span, routes: target.path.span, identity: identity, into: &writer)
        writer.finishMessage()
    }

    /// The socket that Via names: the one that a ping leaves by.
    private func socket(for destination: Origin) -> ListeningSocket {
        let sockets = services.sockets
        let index = Int(destination.socket.value)
        if !destination.socket.isNone, index < sockets.count { return sockets[index] }
        return sockets.first {
            $0.transport == destination.transport
                && $0.address.isIPv6 == destination.source.isIPv6
        } ?? ListeningSocket(transport: destination.transport, address: destination.source)
    }

    // MARK: Answers

    /// Takes a reply if it answers a ping of this server; any status is a sign of life.
    func take(_ context: ScriptContext, _ now: MonotonicTime) -> Bool {
        guard context.message.kind == .response, let cseq = try? context.message.cSeq,
            let from = try? context.message.from, let tag = from.tag
        else { return false }
        let method = rules.method
        let token = context.withMessage { message -> PingToken? in
            guard message[cseq.methodRange].equals(method.span),
                message.fieldCount(.via) == 1
            else { return nil }
            return PingToken(message[tag], key)
        }
        guard let token else { return false }
        counters.answered.add()
        let tables = usrloc.tables
        guard token.table < tables.count, let handle = ContactHandle(token.contact) else {
            return true
        }
        let micros = now.nanoseconds / 1000
        _ = tables[token.table].noteKeepalive(
            handle, now: context.now,
            microseconds: Int(clamping: micros > token.sent ? micros - token.sent : 0))
        return true
    }
}

/// What is counted of pings.
final class PingCounters: Sendable {
    /// Pings that were sent.
    let sent = Counter()
    /// Requests that were answered.
    let answered = Counter()
    /// Bindings that were ended because nobody answered.
    let ended = Counter()
    /// Contacts that have no address to send to: a host name, a stream that is closed.
    let unreachable = Counter()
}
