internal import ModuleKit

/// A part of a table: entries by key, and when to look whether they have expired.
struct TableShard: Sendable {
    /// One entry.
    struct Entry: Sendable {
        /// An integer, or a text that owns its bytes.
        var value: ScriptValue
        /// The second since 1970 at which it expires, 0 for never.
        var expires: Int
    }
    private var entries: [[UInt8]: Entry] = [:]
    /// Keys by the second at which to look at them.
    ///
    /// A key may stand here although its entry is
    /// gone or lives longer by now: whoever comes across it decides anew.
    private var due: [Int: [[UInt8]]] = [:]
    private var dueCount = 0
    /// The last second that was looked at.
    private var swept = 0

    /// Whether a key has an entry, expired or not.
    func has(_ key: [UInt8]) -> Bool { entries[key] != nil }

    /// The entry of a key that has not expired.
    func live(_ key: [UInt8], _ now: Int) -> Entry? {
        guard let entry = entries[key], entry.expires == 0 || entry.expires > now else {
            return nil
        }
        return entry
    }

    /// All entries that have not expired.
    func all(_ now: Int) -> [[UInt8]: Entry] {
        entries.filter { $0.value.expires == 0 || $0.value.expires > now }
    }

    /// Sets the entry of a key.
    mutating func put(_ key: [UInt8], _ entry: Entry) {
        let filed = entries[key]?.expires ?? 0
        entries[key] = entry
        // One that was filed for an earlier second is filed again when that second comes.
        guard entry.expires > 0, filed == 0 || entry.expires < filed else { return }
        file(key, at: entry.expires)
        // Keys whose entries were removed stay filed; now and then they are swept out.
        if dueCount > 2 * entries.count + 1024 { refile() }
    }

    /// Removes the entry of a key; false when there was none.
    mutating func remove(_ key: [UInt8]) -> Bool { entries.removeValue(forKey: key) != nil }

    /// Removes everything and says how much it was.
    mutating func removeAll() -> Int {
        let count = entries.count
        entries = [:]
        due = [:]
        dueCount = 0
        return count
    }

    /// Removes what has expired: its cost is that of what is due.
    mutating func takeExpired(_ now: Int) -> [(key: [UInt8], value: ScriptValue)] {
        var taken: [(key: [UInt8], value: ScriptValue)] = []
        for second in dueSeconds(now) {
            guard let keys = due.removeValue(forKey: second) else { continue }
            dueCount -= keys.count
            for key in keys {
                guard let entry = entries[key], entry.expires > 0 else { continue }
                if entry.expires > now {
                    file(key, at: entry.expires)
                } else {
                    entries[key] = nil
                    taken.append((key, entry.value))
                }
            }
        }
        swept = now
        return taken
    }

    /// The seconds to look at: those since the last time, or those that are filed where these are
    /// fewer, as after a pause or a clock that was set.
    private func dueSeconds(_ now: Int) -> [Int] {
        if swept > 0, now >= swept, now - swept < due.count { return Array(swept...now) }
        return due.keys.filter { $0 <= now }.sorted()
    }

    private mutating func file(_ key: [UInt8], at second: Int) {
        // A second that was already looked at would not be looked at again.
        due[max(second, swept), default: []].append(key)
        dueCount += 1
    }

    private mutating func refile() {
        due = [:]
        dueCount = 0
        for (key, entry) in entries where entry.expires > 0 { file(key, at: entry.expires) }
    }
}
