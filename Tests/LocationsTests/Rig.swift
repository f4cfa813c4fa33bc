import Basics
import Locations
import TestSupport

/// One contact of a registration, as a test writes it.
struct Offer {
    var uri: String
    /// Seconds from now; 0 removes.
    var expires = 600
    var q: Int?
    var instance = ""
    var regID: UInt32 = 0
    var received = ""
    var isPermanent = false

    init(
        _ uri: String, expires: Int = 600, q: Int? = nil, instance: String = "",
        regID: UInt32 = 0, received: String = ""
    ) {
        self.uri = uri
        self.expires = expires
        self.q = q
        self.instance = instance
        self.regID = regID
        self.received = received
    }

    static func permanent(_ uri: String) -> Offer {
        var offer = Offer(uri)
        offer.isPermanent = true
        return offer
    }
}

/// A binding, copied out of the table.
struct Seen: Hashable {
    var aor: String
    var uri: String
    var callID: String
    var userAgent: String
    var received: String
    var path: String
    var instance: String
    var ruid: String
    var values: ContactValues
    var handle: ContactHandle
    var state: StorageState

    init(_ view: borrowing BindingView) {
        aor = String(copying: view.aor)
        uri = String(copying: view.uri)
        callID = String(copying: view.callID)
        userAgent = String(copying: view.userAgent)
        received = String(copying: view.received)
        path = String(copying: view.path)
        instance = String(copying: view.instance)
        var writer = ByteWriter()
        view.writeRuid(into: &writer)
        ruid = writer.text
        values = view.values
        handle = view.handle
        state = view.storageState
    }
}

/// What a registration got.
struct Answer {
    var outcome: RegistrationOutcome
    var bindings: [Seen]
    var status: RegistrationOutcome.Status { outcome.status }
    var change: RegistrationOutcome.Change { outcome.change }
    /// The URIs in the order of the answer.
    var uris: [String] { bindings.map(\.uri) }
}

/// A table with a clock of its own, to be talked to in one line a request.
final class Rig {
    let table: LocationTable
    var rules = RegistrationRules()
    var now = 1_000_000
    private var request = RegistrationRequest()
    private var message = ByteWriter()
    private var scratch = ByteWriter()

    init(persists: Bool = false, server: UInt32 = 0, run: UInt32 = 0x6543_2100) {
        table = LocationTable(
            name: "location", hash: KeyedHash(key0: 1, key1: 2),
            seed: RuidSeed(server: server, time: run, process: 0x1f), persists: persists,
            now: WallTime(seconds: now))
    }

    var time: WallTime { WallTime(seconds: now) }

    /// Sends a REGISTER.
    @discardableResult
    func register(
        _ aor: String, _ offers: [Offer], callID: String = "call-1", cseq: UInt32 = 1,
        path: String = "", userAgent: String = "t/1"
    ) -> Answer {
        fill(offers, callID: callID, cseq: cseq, path: path, userAgent: userAgent)
        let name = Array(aor.utf8)
        let text = Array(copying: message.span)
        let other = Array(copying: scratch.span)
        var seen: [Seen] = []
        let outcome = table.register(
            name.span, request, message: text.span, scratch: other.span, rules: rules, now: time
        ) { view in seen.append(Seen(view)) }
        return Answer(outcome: outcome, bindings: seen)
    }

    /// The same with one contact.
    @discardableResult
    func register(
        _ aor: String, _ uri: String, expires: Int = 600, callID: String = "call-1",
        cseq: UInt32 = 1
    ) -> Answer {
        register(aor, [Offer(uri, expires: expires)], callID: callID, cseq: cseq)
    }

    /// Sends a REGISTER with `Contact: *`.
    func star(_ aor: String, callID: String = "call-1", cseq: UInt32 = 1) -> Answer {
        let name = Array(aor.utf8)
        let call = Array(callID.utf8)
        var seen: [Seen] = []
        let outcome = table.removeAll(name.span, callID: call.span, cseq: cseq, now: time) {
            seen.append(Seen($0))
        }
        return Answer(outcome: outcome, bindings: seen)
    }

    /// Looks an address-of-record up.
    func lookUp(_ aor: String, includingExpired: Bool = false) -> [Seen] {
        let name = Array(aor.utf8)
        var seen: [Seen] = []
        table.lookUp(name.span, now: time, includingExpired: includingExpired) {
            seen.append(Seen($0))
        }
        return seen
    }

    func uris(_ aor: String) -> [String] { lookUp(aor).map(\.uri) }

    /// Removes by command the contacts whose URI is one of these.
    func remove(_ aor: String, _ uris: Set<String>) -> Int {
        let name = Array(aor.utf8)
        return table.remove(name.span, now: time) { uris.contains(String(copying: $0.uri)) }
    }

    /// Everything in the table, expired or not.
    func everything(limit: Int = 7) -> [Seen] {
        var cursor = LocationCursor()
        var seen: [Seen] = []
        while !cursor.isAtEnd { table.walk(&cursor, limit: limit) { seen.append(Seen($0)) } }
        return seen
    }

    /// Expires what is due and returns the URIs.
    @discardableResult
    func expire(limit: Int = 256) -> [String] {
        var gone: [String] = []
        table.expire(now: time, limit: limit) { gone.append(String(copying: $0.uri)) }
        return gone
    }

    private func fill(
        _ offers: [Offer], callID: String, cseq: UInt32, path: String, userAgent: String
    ) {
        request.reset()
        message.removeAll()
        scratch.removeAll()
        request.callID = .message(Self.put(callID, into: &message))
        request.cseq = cseq
        request.path = .scratch(Self.put(path, into: &scratch))
        request.userAgent = .message(Self.put(userAgent, into: &message))
        for offer in offers {
            var lifetime = Lifetime.until(WallTime(seconds: now + offer.expires))
            if offer.expires == 0 { lifetime = .removed }
            if offer.isPermanent { lifetime = .permanent }
            var update = ContactUpdate(
                uri: .message(Self.put(offer.uri, into: &message)), lifetime: lifetime)
            update.q = offer.q
            update.regID = offer.regID
            update.instance = .message(Self.put(offer.instance, into: &message))
            update.received = .scratch(Self.put(offer.received, into: &scratch))
            _ = request.append(update)
        }
    }

    private static func put(_ text: String, into writer: inout ByteWriter) -> ByteRange {
        let start = writer.count
        writer.append(text)
        return ByteRange(offset: start, count: writer.count - start)
    }
}

extension SeededNumbers {
    /// A number from 0 up to a bound.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
