internal import Basics

extension Answer {
    /// The type number of the record that says how long nothing is nothing (RFC 2308 5).
    private static let startOfAuthority: UInt16 = 6

    /// Reads the answer to a question of type `type` from a DNS message.
    ///
    /// Whatever the bytes are, the result is an answer: one that cannot be read is `malformed`.
    /// Aliases are followed within the message (RFC 1034 3.6.2); the shortest time to live on the
    /// way counts for the whole.
    public init(message bytes: [UInt8], type: RecordType) {
        let message = WireMessage(bytes: bytes)
        guard let flags = message.word(2), flags & 0x8000 != 0, message.word(4) == 1,
            let answers = message.word(6), let authorities = message.word(8)
        else {
            self.init(.failed(.malformed))
            return
        }
        var offset = 12
        guard let name = message.name(&offset), message.word(offset) == type.rawValue else {
            self.init(.failed(.malformed))
            return
        }
        offset += 4
        switch flags & 15 {
        case 0: self.init(message, name, type, &offset, count: Int(answers))
        case 3:
            // The aliases of a name that leads nowhere stand before the authority.
            for _ in 0..<min(Int(answers), Limits.recordsPerAnswerMax) {
                _ = message.entry(&offset)
            }
            self.init(.noName)
        default:
            self.init(.failed(.refused))
            return
        }
        if records.isEmpty, alias == nil, failure == nil {
            secondsToLive = Self.negativeLife(message, &offset, count: Int(authorities))
        }
    }

    /// Reads the answer section.
    private init(
        _ message: WireMessage, _ name: String, _ type: RecordType, _ offset: inout Int, count: Int
    ) {
        var entries: [WireMessage.Entry] = []
        for _ in 0..<min(count, Limits.recordsPerAnswerMax) {
            guard let entry = message.entry(&offset) else {
                self.init(.failed(.malformed))
                return
            }
            entries.append(entry)
        }
        var life = Int(Int32.max)
        let last =
            type == .cname ? name : Self.follow(entries, from: name, in: message, life: &life)
        var found: [Record] = []
        for entry in entries where entry.type == type.rawValue && entry.owner == last {
            guard let record = Self.record(entry, type, message) else { continue }
            life = min(life, entry.secondsToLive)
            found.append(record)
        }
        if !found.isEmpty {
            self.init(records: found, secondsToLive: life)
        } else if last != name, last != "?" {
            self.init(alias: last, secondsToLive: life)
        } else {
            self.init(.noData)
        }
    }

    /// The name at the end of the aliases that the message holds.
    private static func follow(
        _ entries: [WireMessage.Entry], from name: String, in message: WireMessage,
        life: inout Int
    ) -> String {
        var name = name
        for _ in 0..<Limits.aliasesPerNameMax {
            guard
                let entry = entries.first(where: {
                    $0.type == RecordType.cname.rawValue && $0.owner == name
                })
            else { break }
            var place = entry.data.lowerBound
            guard let next = message.name(&place), !next.isEmpty else { break }
            life = min(life, entry.secondsToLive)
            name = next
        }
        return name
    }

    /// Reads one record's data; nil when they are not what the type says.
    private static func record(
        _ entry: WireMessage.Entry, _ type: RecordType, _ message: WireMessage
    ) -> Record? {
        var place = entry.data.lowerBound
        switch type {
        case .a:
            guard entry.data.count == 4, let number = message.long(place) else { return nil }
            return .address(PeerAddress(ipv4: number, port: 0))
        case .aaaa:
            guard entry.data.count == 16 else { return nil }
            let words = entry.data.map { UInt64(message.bytes[$0]) }
            let halves = [words[0..<8], words[8..<16]].map { $0.reduce(0) { $0 << 8 | $1 } }
            return .address(PeerAddress(high: halves[0], low: halves[1], port: 0))
        case .cname:
            return message.name(&place).flatMap { isName($0) ? .alias($0) : nil }
        case .srv: return service(entry, message)
        case .naptr: return pointer(entry, message)
        }
    }

    /// Reads an SRV record (RFC 2782).
    private static func service(_ entry: WireMessage.Entry, _ message: WireMessage) -> Record? {
        var place = entry.data.lowerBound + 6
        guard entry.data.count >= 7, let priority = message.word(place - 6),
            let weight = message.word(place - 4), let port = message.word(place - 2),
            let target = message.name(&place), target.isEmpty || isName(target)
        else { return nil }
        return .service(
            ServiceRecord(priority: priority, weight: weight, port: port, target: target))
    }

    /// Reads a NAPTR record (RFC 3403 4.1).
    private static func pointer(_ entry: WireMessage.Entry, _ message: WireMessage) -> Record? {
        var place = entry.data.lowerBound + 4
        guard let order = message.word(place - 4), let preference = message.word(place - 2),
            let flags = message.characterString(&place, within: entry.data),
            let service = message.characterString(&place, within: entry.data),
            message.characterString(&place, within: entry.data) != nil,
            let replacement = message.name(&place)
        else { return nil }
        return .pointer(
            PointerRecord(
                order: order, preference: preference, flags: flags, service: service,
                replacement: replacement))
    }

    /// Whether a name that was read is one that can be asked for.
    private static func isName(_ name: String) -> Bool { !name.isEmpty && name != "?" }

    /// How long a negative answer may be kept: the lesser of the SOA record's own time and its
    /// field MINIMUM (RFC 2308 5); nil without such a record.
    private static func negativeLife(
        _ message: WireMessage, _ offset: inout Int, count: Int
    ) -> Int? {
        for _ in 0..<min(count, Limits.recordsPerAnswerMax) {
            guard let entry = message.entry(&offset) else { return nil }
            if entry.type == startOfAuthority, entry.data.count >= 22,
                let minimum = message.long(entry.data.upperBound - 4)
            {
                return min(entry.secondsToLive, Int(min(minimum, UInt32(Int32.max))))
            }
        }
        return nil
    }
}
