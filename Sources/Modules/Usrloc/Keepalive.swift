import Basics
import Locations
import ModuleKit
import SIPSyntax
import Synchronization

/// Keeps contacts alive: sends them requests evenly over `ka_interval`, recognises the answers, and
/// lets those expire that have been silent for `ka_timeout`.
///
/// Sendable, because it is constant but for what stands under the lock; only the job of the timer
/// waits for that.
final class Keepalive: Sendable {
    /// Seconds that a silent contact still has: an answer on its way may save it.
    static let graceSeconds = 10

    /// What a turn leaves to the next.
    private struct State: Sendable {
        /// The round of each table, by its place.
        var rounds: [KeepaliveRound?] = []
        /// Number of the last request.
        var counter: UInt64 = 0
    }

    /// What requests are made from.
    let settings: KeepaliveSettings
    private let codes: ReplyCodes
    private let line: KeepaliveLine?
    private let services: any Services
    private let tables: @Sendable () -> [LocationTable]
    private let state = Guarded(State())

    /// A keeper of the contacts of `tables`.
    init(
        _ settings: KeepaliveSettings, services: any Services,
        tables: @escaping @Sendable () -> [LocationTable]
    ) throws(StartFailure) {
        guard let codes = ReplyCodes(settings.parameters.replyCodes) else {
            throw StartFailure("usrloc ka_reply_codes is no list of codes")
        }
        self.settings = settings
        self.codes = codes
        self.services = services
        self.tables = tables
        line = settings.parameters.logLevel > 3 ? nil : KeepaliveLine(settings.parameters.logText)
    }

    // MARK: Sending

    /// One turn: every table gets what it has to get by now; returns how many requests went out.
    ///
    /// `second` is any clock that counts seconds; `random` draws the length of a round.
    @discardableResult
    func turn(
        now: WallTime, second: Int, microseconds: UInt64, random: (ClosedRange<Int>) -> Int
    ) -> Int {
        var sent = 0
        for (place, table) in tables().enumerated() where sent < Limits.keepalivesPerTurnMax {
            var (round, counter) = begin(place, second, random)
            var batch = KeepaliveBatch(settings, sockets: services.sockets)
            let goal = round.goal(of: table.statistics.contacts.value, second)
            while round.seen < goal, !round.cursor.isAtEnd, sent < Limits.keepalivesPerTurnMax {
                let limit = min(256, goal - round.seen)
                var seen = 0
                table.walk(&round.cursor, limit: limit) { binding in
                    seen += 1
                    counter += 1
                    batch.note(
                        binding, now: now, sentMicroseconds: microseconds,
                        hash: table.hashValue(of: binding.aor), table: place, counter: counter)
                }
                round.seen += seen
                sent += batch.entries.count
                send(batch, table, now)
                batch.removeAll()
            }
            end(place, round, counter)
        }
        return sent
    }

    /// The round of a table: the one that is under way, or a new one.
    private func begin(
        _ place: Int, _ second: Int, _ random: (ClosedRange<Int>) -> Int
    ) -> (KeepaliveRound, UInt64) {
        let parameters = settings.parameters
        let length = parameters.intervalSeconds + random(0...parameters.randomSeconds)
        return state.withLock { state in
            while state.rounds.count <= place { state.rounds.append(nil) }
            if let round = state.rounds[place], !round.isOver(second) {
                return (round, state.counter)
            }
            return (KeepaliveRound(start: second, seconds: length), state.counter)
        }
    }

    /// Notes how far the round of a table has come.
    private func end(_ place: Int, _ round: KeepaliveRound, _ counter: UInt64) {
        state.withLock { state in
            state.rounds[place] = round
            state.counter = counter
        }
    }

    /// Sends a batch, and lets the silent ones expire.
    private func send(
        _ batch: borrowing KeepaliveBatch, _ table: LocationTable, _ now: WallTime
    ) {
        for entry in batch.entries {
            services.network.send(batch.bytes.span(entry.range), to: entry.destination)
            table.noteKeepaliveSent(entry.handle)
        }
        let last = WallTime(seconds: now.seconds - settings.parameters.timeoutSeconds)
        let end = WallTime(seconds: now.seconds + Self.graceSeconds)
        for handle in batch.silent { table.shorten(handle, to: end, silentSince: last) }
    }

    // MARK: Answers

    /// Takes an answer to a keepalive of ours; false for every other reply.
    ///
    /// It is one when method, From and Call-ID are ours, it has one Via, and its status counts.
    func take(_ context: ScriptContext, microseconds: UInt64) -> Bool {
        guard isOurs(context) else { return false }
        let tables = tables()
        let now = context.now
        let isKnown: Bool = context.withMessage { message in
            guard let range = (try? message.from)?.tag else { return false }
            let text = message[range]
            guard let tag = KeepaliveTag(text), tag.table < tables.count else { return false }
            let taken =
                microseconds >= tag.sentMicroseconds ? microseconds - tag.sentMicroseconds : 0
            return tables[tag.table].noteKeepalive(
                hash: tag.hash, ruid: text.extracting(tag.ruid.indices), now: now,
                microseconds: Int(min(taken, UInt64(UInt32.max))))
        }
        if isKnown { log(context) }
        return true
    }

    /// Whether a reply answers one of our requests.
    private func isOurs(_ context: ScriptContext) -> Bool {
        let parameters = settings.parameters
        return context.withMessage { message in
            guard message.kind == .response, codes.contains(message.status),
                let callID = message.header(.callID),
                Self.begins(message[callID], with: settings.callIDPrefix),
                let cseq = try? message.cSeq,
                Self.equals(message[cseq.methodRange], parameters.method),
                let from = try? message.from, Self.equals(message[from.uri], parameters.from)
            else { return false }
            var vias = message.values(.via)
            return vias.next() != nil && vias.next() == nil
        }
    }

    /// Writes the log line for an answer.
    private func log(_ context: ScriptContext) {
        guard let line else { return }
        let level = ScriptLevel(number: settings.parameters.logLevel)
        guard context.isLogging(level) else { return }
        let source = context.origin.source
        let text = context.withMessage { message in
            line.text { variable in
                switch variable {
                case .toURI: (try? message.to).map { String(copying: message[$0.uri]) } ?? "<null>"
                case .fromURI:
                    (try? message.from).map { String(copying: message[$0.uri]) } ?? "<null>"
                case .source: "\(context.origin.transport.name):\(source.text)"
                case .address: source.hostText
                case .port: String(source.port)
                case .status: String(message.status)
                case .callID: message.header(.callID).map { String(copying: message[$0]) } ?? ""
                }
            }
        }
        context.log(level, text)
    }

    private static func equals(_ bytes: Span<UInt8>, _ text: String) -> Bool {
        bytes.count == text.utf8.count && begins(bytes, with: text)
    }

    private static func begins(_ bytes: Span<UInt8>, with text: String) -> Bool {
        let wanted = text.utf8.span
        guard bytes.count >= wanted.count else { return false }
        return wanted.indices.allSatisfy { bytes[$0] == wanted[$0] }
    }
}
