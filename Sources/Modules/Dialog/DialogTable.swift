internal import Basics
internal import Synchronization

/// The calls that are followed, by Call-ID and by number.
///
/// A call sits in one of 64 parts, each with a lock of its own, so that workers seldom meet.
final class DialogTable: Sendable {
    /// One part, with the two ways in which a call is found.
    private struct Part {
        var byCallID: [[UInt8]: [TrackedDialog]] = [:]
        var byNumber: [UInt32: TrackedDialog] = [:]
    }

    /// How many parts there are.
    static let partCount = 64
    private let parts: [Cell]
    private let total = Atomic<Int>(0)
    private let hash = KeyedHash(
        key0: UInt64.random(in: 0...UInt64.max), key1: UInt64.random(in: 0...UInt64.max))
    private let mask: UInt64
    /// Most calls.
    let dialogsMax: Int

    /// A part, which an array can hold.
    private final class Cell: Sendable {
        let part = Guarded(Part())
    }

    /// A table whose slots have numbers below `slots`, a power of two.
    init(slots: Int, dialogsMax: Int = Limits.dialogsMax) {
        precondition(slots > 0 && slots & (slots - 1) == 0)
        mask = UInt64(slots - 1)
        self.dialogsMax = dialogsMax
        parts = (0..<Self.partCount).map { _ in Cell() }
    }

    /// Number of calls.
    var count: Int { total.load(ordering: .relaxed) }

    /// The slot of a Call-ID.
    func entry(of callID: [UInt8]) -> UInt32 { UInt32(hash.hash(callID.span) & mask) }

    private func cell(_ entry: UInt32) -> Cell { parts[Int(entry) & (Self.partCount - 1)] }

    /// Adds a call; false when there are too many, or too many of its Call-ID.
    func insert(_ dialog: TrackedDialog) -> Bool {
        guard total.add(1, ordering: .relaxed).newValue <= dialogsMax else {
            total.subtract(1, ordering: .relaxed)
            return false
        }
        let isIn = cell(dialog.entry).part.withLock { part in
            // Whoever sends one Call-ID with many tags would make each of its messages a search.
            guard part.byCallID[dialog.callID, default: []].count < Limits.dialogsPerCallIDMax
            else { return false }
            part.byCallID[dialog.callID, default: []].append(dialog)
            part.byNumber[dialog.number] = dialog
            return true
        }
        if !isIn { total.subtract(1, ordering: .relaxed) }
        return isIn
    }

    /// Forgets a call.
    func remove(_ dialog: TrackedDialog) {
        let wasIn = cell(dialog.entry).part.withLock { part in
            guard part.byNumber.removeValue(forKey: dialog.number) != nil else { return false }
            var others = part.byCallID[dialog.callID] ?? []
            others.removeAll { $0 === dialog }
            part.byCallID[dialog.callID] = others.isEmpty ? nil : others
            return true
        }
        if wasIn { total.subtract(1, ordering: .relaxed) }
    }

    /// The calls of a Call-ID, the newest first.
    func dialogs(_ callID: [UInt8]) -> [TrackedDialog] {
        guard count > 0 else { return [] }
        return cell(entry(of: callID)).part.withLock { part in
            part.byCallID[callID].map { $0.reversed() } ?? []
        }
    }

    /// The call of a slot and a number; nil without it.
    func dialog(entry: UInt32, number: UInt32) -> TrackedDialog? {
        cell(entry).part.withLock { part in
            guard let dialog = part.byNumber[number], dialog.entry == entry else { return nil }
            return dialog
        }
    }

    /// The calls of one part, in the order of their numbers.
    func dialogs(inPart part: Int) -> [TrackedDialog] {
        parts[part].part.withLock { Array($0.byNumber.values) }.sorted { $0.number < $1.number }
    }

    /// Counts calls that a condition holds for.
    func count(where holds: (DialogRecord) -> Bool) -> Int {
        (0..<Self.partCount).reduce(0) { sum, part in
            sum + dialogs(inPart: part).count { holds($0.snapshot) }
        }
    }
}
