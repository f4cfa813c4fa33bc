/// Finds what somebody meant who mistyped a name.
///
/// The measure is the distance of Damerau and Levenshtein in its restricted form, where a swap of
/// neighbours counts as one mistake, because swapped letters are what fingers do most.
enum NearestName {
    /// Names longer than this are not compared: nobody mistypes them by accident.
    private static let bytesMax = 64

    /// The candidate nearest to a name, nil when none is near enough to be meant.
    ///
    /// One mistake in three letters is forgiven. More would suggest names that have nothing to do
    /// with what was meant, and a wrong hint is worse than none. Of equally near names the first
    /// one wins, so callers sort theirs.
    static func find(_ name: String, among candidates: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        let allowed = max(1, name.utf8.count / 3)
        for candidate in candidates where candidate != name {
            let distance = distance(name, candidate, atMost: best.map { $0.distance } ?? allowed)
            guard let distance, distance <= allowed else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one name to the
    /// other, letters compared without case; nil when there are more than `limit`.
    ///
    /// Three rows of the table suffice: the last one, the one before it for the swaps, and the one
    /// being filled. The bound on length keeps the work small whatever the script holds.
    static func distance(_ left: String, _ right: String, atMost limit: Int) -> Int? {
        let a = Array(left.utf8).map(lower)
        let b = Array(right.utf8).map(lower)
        guard a.count <= bytesMax, b.count <= bytesMax, abs(a.count - b.count) <= limit else {
            return nil
        }
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1], row[j]) + 1
                cost = min(cost, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row.append(cost)
            }
            before = last
            last = row
        }
        return last[b.count] <= limit ? last[b.count] : nil
    }

    /// A letter in lower case; other bytes as they are.
    private static func lower(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }
}
