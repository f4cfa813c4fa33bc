internal import Basics
internal import ModuleKit

/// The pseudo-variables that a Lua state has used, compiled once.
///
/// An open-addressed table by the bytes of the name, so that looking one up makes no string. It
/// does not grow beyond its bound: names that a script puts together from messages then compile at
/// each use.
final class NameCache {
    /// One name with what it has come to.
    private struct Entry {
        var hash: UInt64
        var name: [UInt8]
        var access: VariableAccess
    }

    private var slots: [Entry?] = Array(repeating: nil, count: 2 * Limits.luaNamesMax)
    /// How many names it holds.
    private(set) var count = 0

    /// No names.
    init() {}

    /// Whether there is no room for another name.
    var isFull: Bool { count >= Limits.luaNamesMax }

    /// What a name was compiled to, nil when it is not there.
    func find(_ name: Span<UInt8>) -> VariableAccess? {
        let hash = Self.hash(name)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let entry = slots[place] {
            if entry.hash == hash, entry.name.span.equals(name) { return entry.access }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Keeps what a name was compiled to; false when there is no room.
    @discardableResult
    func add(_ name: [UInt8], _ access: VariableAccess) -> Bool {
        guard !isFull else { return false }
        let hash = Self.hash(name.span)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[place] != nil { place = (place + 1) & (slots.count - 1) }
        slots[place] = Entry(hash: hash, name: name, access: access)
        count += 1
        return true
    }

    /// FNV-1a, from a start that differs in each process: nobody can aim at one place.
    private static func hash(_ name: Span<UInt8>) -> UInt64 {
        var hash = seed
        for place in name.indices { hash = (hash ^ UInt64(name[place])) &* 0x100_0000_01b3 }
        return hash ^ (hash >> 32)
    }

    private static let seed = UInt64.random(in: .min ... .max)
}
