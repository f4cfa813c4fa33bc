internal import Basics

/// Who made a binding, as the first word of its unique name says.
public enum RuidPrefix: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// A REGISTER.
    case registration
    /// The command `ul.add`.
    case management
    /// A registration document of another server.
    case reginfo

    /// The word itself.
    public var word: StaticString {
        switch self {
        case .registration: "uloc"
        case .management: "ulcx"
        case .reginfo: "regi"
        }
    }

    /// Who a unique name of any shape says that made the binding; a name that says nothing of the
    /// kind is that of a REGISTER.
    init(nameBegins name: Span<UInt8>) {
        self = .registration
        guard name.count > 4, name[4] == UInt8(ascii: "-") else { return }
        for prefix in Self.allCases where sameBytes(name.extracting(0..<4), prefix.word) {
            self = prefix
        }
    }
}

/// What makes the unique names of this run differ from those of other servers and other runs.
public struct RuidSeed: Sendable, Hashable {
    /// The core's `server_id`; 0 leaves it out of the name.
    public var server: UInt32
    /// When this run began, in seconds.
    public var time: UInt32
    /// Number of the process.
    public var process: UInt32

    /// A seed; two runs of one server must not share it.
    public init(server: UInt32, time: UInt32, process: UInt32) {
        self.server = server
        self.time = time
        self.process = process
    }
}

/// The part of a unique name that many bindings share.
struct RuidOrigin: Hashable, Sendable, BitwiseCopyable {
    /// Who made the binding.
    var prefix: RuidPrefix
    /// The server, 0 for none.
    var server: UInt32
    /// When its run began.
    var time: UInt32
    /// The process of that run.
    var process: UInt32
}

/// The unique name of a binding in six bytes: `uloc-[SERVER-]TIME-PROCESS-COUNTER`.
///
/// A name of another shape is kept as text beside the contact and has the origin `foreign`.
struct Ruid: Hashable, Sendable, BitwiseCopyable {
    /// Index of the origin within the shard's `RuidRegister`.
    var origin: UInt16
    /// Unique below that origin.
    var counter: UInt32

    /// The name stands as text in the contact's block.
    static var foreign: Ruid { Ruid(origin: .max, counter: 0) }
    /// Whether it stands as text in the contact's block.
    var isForeign: Bool { origin == .max }
}

extension RuidOrigin {
    /// Writes the name with a counter below this origin.
    func write(counter: UInt32, into writer: inout ByteWriter) {
        writer.append(prefix.word)
        if server > 0 { Self.write(server, into: &writer) }
        Self.write(time, into: &writer)
        Self.write(process, into: &writer)
        Self.write(counter, into: &writer)
        assert(server == 0 || writer.count > 8)
    }

    /// Reads a name; nil when it is of another shape or is not spelled as `write` would spell it.
    static func parse(_ text: Span<UInt8>) -> (origin: RuidOrigin, counter: UInt32)? {
        guard text.count > 5, text.count <= Limits.ruidBytesMax else { return nil }
        guard let prefix = prefix(of: text) else { return nil }
        var groups = InlineArray<4, UInt32>(repeating: 0)
        var count = 0
        var place = 4
        while place < text.count {
            guard count < 4, let group = readGroup(text, &place) else { return nil }
            groups[count] = group
            count += 1
        }
        guard count == 3 || (count == 4 && groups[0] > 0) else { return nil }
        let first = count - 3
        let origin = RuidOrigin(
            prefix: prefix, server: first == 1 ? groups[0] : 0, time: groups[first],
            process: groups[first + 1])
        return (origin, groups[first + 2])
    }

    private static func prefix(of text: Span<UInt8>) -> RuidPrefix? {
        precondition(text.count >= 4)
        for prefix in RuidPrefix.allCases where sameBytes(text.extracting(0..<4), prefix.word) {
            return prefix
        }
        return nil
    }

    /// Writes `-` and a number in hexadecimal, the least significant digit first.
    private static func write(_ number: UInt32, into writer: inout ByteWriter) {
        writer.append(UInt8(ascii: "-"))
        writer.append(backwardHexadecimal: number)
    }

    private static func readGroup(_ text: Span<UInt8>, _ place: inout Int) -> UInt32? {
        assert(place < text.count)
        guard text[place] == UInt8(ascii: "-") else { return nil }
        var number: UInt32 = 0
        var digits: UInt32 = 0
        place += 1
        while place < text.count, text[place] != UInt8(ascii: "-") {
            guard digits < 8, let digit = digit(text[place]) else { return nil }
            number |= digit << (digits * 4)
            digits += 1
            place += 1
        }
        // A most significant zero would be lost on the way back.
        guard digits == 1 || number >> ((max(digits, 1) - 1) * 4) > 0 else { return nil }
        return number
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 48)
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - 87)
        default: nil
        }
    }
}

/// Draws unique names for one shard and knows the origins of those that were loaded.
struct RuidRegister: Sendable {
    /// Most origins kept as numbers; names of further ones stay text.
    static let originsMax = 256
    /// Lower bits of a counter that tell the shards apart.
    static let shardBits: UInt32 = 6

    /// The origins by number.
    private(set) var origins: [RuidOrigin]
    private let shard: UInt32
    private var sequence: UInt32 = 0
    /// The origin of each prefix that names are drawn from at present.
    private var current: InlineArray<3, UInt16> = [0, 1, 2]

    /// A register for the shard of that number.
    init(seed: RuidSeed, shard: Int) {
        precondition(shard >= 0 && shard < 1 << Self.shardBits)
        self.shard = UInt32(shard)
        origins = RuidPrefix.allCases.map {
            RuidOrigin(
                prefix: $0, server: seed.server, time: seed.time, process: seed.process)
        }
    }

    /// A name that no other binding has.
    mutating func next(_ prefix: RuidPrefix, now: WallTime) -> Ruid {
        if sequence == 1 << (32 - Self.shardBits) { renew(now: now) }
        let counter = sequence << Self.shardBits | shard
        sequence += 1
        return Ruid(origin: current[Int(prefix.rawValue)], counter: counter)
    }

    /// A name for a binding that another server has told of, whose number stands in place of this
    /// server's.
    ///
    /// When there are more servers than origins are kept of, the name says nothing of its server.
    mutating func next(of peer: UInt32, now: WallTime) -> Ruid {
        precondition(peer != 0, "0 is nobody's number")
        let ruid = next(.reginfo, now: now)
        var origin = origins[Int(ruid.origin)]
        origin.server = peer
        if let known = origins.lastIndex(of: origin) {
            return Ruid(origin: UInt16(known), counter: ruid.counter)
        }
        guard origins.count < Self.originsMax else { return ruid }
        origins.append(origin)
        return Ruid(origin: UInt16(origins.count - 1), counter: ruid.counter)
    }

    /// Goes on with a later counter; for tests of what happens when they run out.
    mutating func skip(to sequence: UInt32) {
        precondition(sequence >= self.sequence, "counters are not used twice")
        self.sequence = sequence
    }

    /// The number for a name read from a table, or nil when it has to stay text.
    mutating func intern(_ text: Span<UInt8>) -> Ruid? {
        guard let (origin, counter) = RuidOrigin.parse(text) else { return nil }
        if let known = origins.lastIndex(of: origin) {
            return Ruid(origin: UInt16(known), counter: counter)
        }
        guard origins.count < Self.originsMax else { return nil }
        origins.append(origin)
        return Ruid(origin: UInt16(origins.count - 1), counter: counter)
    }

    /// The number of a name, when some binding may have it.
    func find(_ text: Span<UInt8>) -> Ruid? {
        guard let (origin, counter) = RuidOrigin.parse(text) else { return nil }
        guard let known = origins.lastIndex(of: origin) else { return nil }
        return Ruid(origin: UInt16(known), counter: counter)
    }

    /// The origin of a name; any origin for a name that stands as text.
    func origin(of ruid: Ruid) -> RuidOrigin {
        assert(ruid.isForeign || Int(ruid.origin) < origins.count)
        return ruid.isForeign ? origins[0] : origins[Int(ruid.origin)]
    }

    /// Goes on below new origins when all counters are used up.
    ///
    /// This process lives at `now`, so no other run can have begun with the same time and number.
    private mutating func renew(now: WallTime) {
        let latest = origins.map(\.time).max() ?? 0
        let time = max(UInt32(truncatingIfNeeded: now.seconds), latest &+ 1)
        for prefix in RuidPrefix.allCases {
            var origin = origins[Int(prefix.rawValue)]
            origin.time = time
            current[Int(prefix.rawValue)] = UInt16(origins.count)
            origins.append(origin)
        }
        sequence = 0
        assert(origins.count < Int(UInt16.max))
    }
}
