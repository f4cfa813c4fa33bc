internal import Basics

/// The version of the last document of each address-of-record, by a hash of it.
struct DocumentVersions: Sendable {
    /// Addresses-of-record that are counted one by one; with more, all begin again further up.
    static let countedMax = 4_000_000
    /// The second that counts begin with: 2025 began.
    static let firstSecond = 1_735_689_600

    private var last: [UInt64: UInt32] = [:]

    /// The next version: one more than the last, and more than any of an earlier run.
    mutating func next(of number: UInt64, now: WallTime) -> Int {
        if last.count >= Self.countedMax { last.removeAll() }
        let start = UInt32(clamping: now.seconds - Self.firstSecond)
        let version = last[number].map { $0 &+ 1 } ?? start
        last[number] = version
        return Int(version)
    }
}
