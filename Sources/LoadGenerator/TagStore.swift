internal import Basics

/// Texts that the server has chosen, one for each subject, in memory of fixed width.
///
/// They are kept with the words around them, ready to be inserted into a request.
struct TagStore: Sendable {
    /// What stands in front of the tag and behind it.
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    private let width: Int
    private var bytes: [UInt8]
    private var lengths: [UInt8]

    /// Room for the tags of `count` subjects, between `prefix` and `suffix`.
    init(count: Int, prefix: String, suffix: String) {
        self.prefix = Array(prefix.utf8)
        self.suffix = Array(suffix.utf8)
        width = self.prefix.count + Limits.loadTagBytesMax + self.suffix.count
        precondition(width <= 255)
        bytes = Array(repeating: 0, count: count * width)
        lengths = Array(repeating: 0, count: count)
    }

    /// Keeps a tag; false when it is empty or too long, and then there is none.
    mutating func set(_ subject: Int, _ tag: Span<UInt8>) -> Bool {
        lengths[subject] = 0
        guard tag.count > 0, tag.count <= Limits.loadTagBytesMax else { return false }
        var place = subject * width
        for index in prefix.indices { bytes[place + index] = prefix[index] }
        place += prefix.count
        for index in tag.indices { bytes[place + index] = tag[index] }
        place += tag.count
        for index in suffix.indices { bytes[place + index] = suffix[index] }
        lengths[subject] = UInt8(prefix.count + tag.count + suffix.count)
        return true
    }

    /// Forgets the tag of a subject.
    mutating func clear(_ subject: Int) { lengths[subject] = 0 }

    /// Whether a subject has one.
    func has(_ subject: Int) -> Bool { lengths[subject] > 0 }

    /// What is inserted for a subject; empty without a tag.
    @_lifetime(borrow self)
    func insertion(_ subject: Int) -> Span<UInt8> {
        let start = subject * width
        return bytes.span.extracting(start..<(start + Int(lengths[subject])))
    }
}
