public import Basics

/// How many requests a second each client address may send: a bucket of tokens for each.
///
/// A value without a clock: the time comes in. IPv6 clients are counted by their /64, which is what
/// one customer has.
public struct RateLimit: Sendable {
    /// One address.
    private struct Bucket: Sendable {
        var tokens: Double
        var time: MonotonicTime
    }
    /// One client, or one network of a client.
    private struct Client: Hashable, Sendable {
        var high: UInt64
        var low: UInt64
        var isIPv6: Bool
    }

    private let rate: Double
    private let burst: Double
    private var buckets: [Client: Bucket] = [:]

    /// A limit of `rate` requests a second, of which `burst` may come at once.
    public init(rate: Double, burst: Int) {
        precondition(rate > 0 && burst > 0, "a limit that lets nothing pass")
        self.rate = rate
        self.burst = Double(burst)
    }

    /// Takes one request of an address; the seconds to wait when it has had its share, nil when it
    /// may go on.
    public mutating func take(_ address: PeerAddress, at time: MonotonicTime) -> Int? {
        let client = Self.client(address)
        var bucket = refilled(client, time)
        defer { buckets[client] = bucket }
        guard bucket.tokens < 1 else {
            bucket.tokens -= 1
            return nil
        }
        return max(1, Int(((1 - bucket.tokens) / rate).rounded(.up)))
    }

    /// The seconds an address has to wait, nil for none; takes nothing.
    public mutating func wait(_ address: PeerAddress, at time: MonotonicTime) -> Int? {
        let tokens = refilled(Self.client(address), time).tokens
        return tokens >= 1 ? nil : max(1, Int(((1 - tokens) / rate).rounded(.up)))
    }

    private static func client(_ address: PeerAddress) -> Client {
        Client(
            high: address.high, low: address.isIPv6 ? 0 : address.low, isIPv6: address.isIPv6)
    }

    private mutating func refilled(_ client: Client, _ time: MonotonicTime) -> Bucket {
        guard var bucket = buckets[client] else {
            if buckets.count >= Limits.countedClientsMax { forgetIdle(time) }
            return Bucket(tokens: burst, time: time)
        }
        let seconds = Double(time.since(bucket.time)) / 1e9
        bucket.tokens = min(burst, bucket.tokens + seconds * rate)
        bucket.time = time
        return bucket
    }

    /// Forgets addresses whose bucket is full again; all of them when none is.
    private mutating func forgetIdle(_ time: MonotonicTime) {
        buckets = buckets.filter { _, bucket in
            bucket.tokens + Double(time.since(bucket.time)) / 1e9 * rate < burst
        }
        if buckets.count >= Limits.countedClientsMax { buckets.removeAll() }
    }
}
