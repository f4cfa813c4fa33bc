/// What `roostctl top` is asked for.
struct TopOptions: Equatable {
    /// How the methods are sorted.
    enum Order: String, CaseIterable {
        /// The most frequent first.
        case rate
        /// The most frequent since the start first.
        case total
        /// The slowest first.
        case slowest
        /// By name.
        case name

        /// The next one, for the key.
        var next: Order {
            let all = Self.allCases
            return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
        }
    }

    /// Seconds between two frames.
    var interval = 2.0
    /// Whether one frame is enough.
    var isOnce = false
    /// How the methods are sorted.
    var order = Order.rate

    /// Reads the words behind `top`.
    init(_ arguments: some Collection<String>) throws(ControlError) {
        var rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            switch word {
            case "--once": isOnce = true
            case "-n", "--interval":
                interval = try WatchOptions.interval(rest.popFirst(), word)
            case "--sort":
                let text = rest.popFirst() ?? ""
                guard let order = Order(rawValue: text) else {
                    let known = Order.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ControlError(.usage, "--sort takes one of \(known), not \"\(text)\"")
                }
                self.order = order
            default: throw ControlError(.usage, "roostctl top has no option \"\(word)\"")
            }
        }
    }

    /// What may stand behind words of this command line.
    static func words(_ before: [String]) -> [String] {
        before.last == "--sort"
            ? Order.allCases.map(\.rawValue) : ["--interval", "--once", "--sort"]
    }
}
