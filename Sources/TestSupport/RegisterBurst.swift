internal import Glibc

/// Many registrations over one UDP socket, a window of them at a time, with their latencies.
///
/// Each user is one phone: Call-ID `burst-N@test`, so a reply says whose it is.
public struct RegisterBurst: Sendable {
    /// What came of it.
    public struct Report: Sendable {
        /// How many replies of each status came.
        public var statuses: [Int: Int] = [:]
        /// Seconds from the first sending to the reply, one value for each request that has one.
        public var latencies: [Double] = []
        /// Requests without a reply.
        public var unanswered = 0
        /// Requests that were sent again because no reply came within half a second.
        public var sentAgain = 0

        /// The latency in seconds that `share` of the requests stayed below.
        public func latency(below share: Double) -> Double {
            let sorted = latencies.sorted()
            guard !sorted.isEmpty else { return .infinity }
            return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
    }

    /// The server's port on 127.0.0.1.
    public var port: UInt16
    /// The users, as numbers; each is called `prefix` and its number.
    public var users: Range<Int>
    /// What users are called before their number.
    public var prefix = "user"
    /// Requests on their way at a time.
    public var window = 32
    /// CSeq of all requests.
    public var cseq = 1
    /// The lifetime that is asked for.
    public var expires = 3600
    /// How long to wait for all replies, in seconds.
    public var secondsMax = 60.0

    /// Registrations of users at the server on a port.
    public init(port: UInt16, users: Range<Int>) {
        self.port = port
        self.users = users
    }

    /// The contact that a user registers.
    public func contact(of user: Int) -> String { "sip:\(prefix)\(user)@192.0.2.1:5060" }

    /// Sends them all and waits for the replies.
    public func run() throws -> Report {
        let socket = try ClientSocket(.datagrams, port: port)
        var report = Report()
        // First and latest sending of those that wait.
        var waiting: [Int: (first: Double, latest: Double)] = [:]
        var next = users.lowerBound
        let end = monotonicSeconds() + secondsMax
        while (next < users.upperBound || !waiting.isEmpty) && monotonicSeconds() < end {
            while waiting.count < window, next < users.upperBound {
                socket.send(request(next, socket))
                let now = monotonicSeconds()
                waiting[next] = (now, now)
                next += 1
            }
            guard let bytes = socket.receive(seconds: 0.1) else {
                sendAgain(&waiting, socket, &report)
                continue
            }
            guard let (user, status) = Self.read(bytes), let sent = waiting[user] else { continue }
            waiting[user] = nil
            report.statuses[status, default: 0] += 1
            report.latencies.append(monotonicSeconds() - sent.first)
        }
        report.unanswered = users.count - report.latencies.count
        return report
    }

    /// Sends again what has no reply after half a second, which is T1 of RFC 3261 17.1.2.2; it does
    /// not double, because a burst measures the server and not the network.
    private func sendAgain(
        _ waiting: inout [Int: (first: Double, latest: Double)], _ socket: ClientSocket,
        _ report: inout Report
    ) {
        let now = monotonicSeconds()
        for (user, sent) in waiting where now - sent.latest > 0.5 {
            socket.send(request(user, socket))
            waiting[user] = (sent.first, now)
            report.sentAgain += 1
        }
    }

    /// The REGISTER of one user.
    private func request(_ user: Int, _ socket: ClientSocket) -> [UInt8] {
        let message = RegisterMessage(
            "\(prefix)\(user)", contact(of: user), expires: expires, callID: "burst-\(user)@test",
            cseq: cseq)
        return Array(message.text(from: socket).utf8)
    }

    /// Whose reply it is, and its status.
    static func read(_ bytes: [UInt8]) -> (user: Int, status: Int)? {
        let key = Array("burst-".utf8)
        guard bytes.count > 12 + key.count, let status = number(bytes[8...]) else { return nil }
        for start in 12..<(bytes.count - key.count) where bytes[start] == key[0] {
            if bytes[start..<(start + key.count)].elementsEqual(key),
                let user = number(bytes[(start + key.count)...])
            {
                return (user, status)
            }
        }
        return nil
    }

    /// The decimal number that bytes start with; nil when there is none.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits = bytes.prefix { $0 >= 48 && $0 <= 57 }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
