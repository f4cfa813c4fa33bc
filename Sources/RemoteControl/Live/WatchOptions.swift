/// What `roostctl watch` is asked for.
struct WatchOptions: Equatable {
    /// Seconds between two frames.
    var interval = 2.0
    /// Frames or events after which it ends; nil for never.
    var count: Int?
    /// Whether events are followed.
    var followsEvents = false
    /// The command that is repeated, or the kinds of events.
    var words: [String] = []

    /// Options with a value.
    static let valued = ["-n", "--interval", "-c", "--count"]

    /// Reads the words behind `watch`.
    init(_ arguments: some Collection<String>) throws(ControlError) {
        var rest = Array(arguments)[...]
        while let word = rest.first, word.hasPrefix("-") {
            rest = rest.dropFirst()
            switch word {
            case "--events": followsEvents = true
            case "-n", "--interval": interval = try Self.interval(rest.popFirst(), word)
            case "-c", "--count": count = try Self.count(rest.popFirst(), word)
            default: throw ControlError(.usage, "roostctl watch has no option \"\(word)\"")
            }
        }
        words = Array(rest)
        guard followsEvents || !words.isEmpty else {
            throw ControlError(
                .usage, "roostctl watch takes a METHOD with its ARGUMENTs, or --events")
        }
    }

    /// Seconds between two frames, with a fraction.
    static func interval(_ text: String?, _ option: String) throws(ControlError) -> Double {
        guard let text, let seconds = Double(text), seconds >= 0.1, seconds <= 86_400 else {
            throw ControlError(
                .usage, "\(option) takes 0.1 to 86400 seconds, not \"\(text ?? "")\"")
        }
        return seconds
    }

    /// A number of times or seconds, at least one.
    private static func count(_ text: String?, _ option: String) throws(ControlError) -> Int {
        guard let text, let count = Int(text), count > 0 else {
            throw ControlError(.usage, "\(option) takes a number from 1, not \"\(text ?? "")\"")
        }
        return count
    }
}
