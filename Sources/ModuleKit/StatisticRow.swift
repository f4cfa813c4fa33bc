public import Basics

/// One statistic as it is now.
public struct StatisticReading: Sendable {
    /// Group: the module's name.
    public var group: String
    /// Name within the group.
    public var name: String
    /// The value.
    public var value: Int
    /// One sentence about it; that of its row where a reading brings none of its own.
    public var summary = ""
    /// Sets it to zero; nil for those that cannot be reset.
    ///
    /// Those that can count what happened; the others show a state, which nobody can set.
    public var reset: (@Sendable () -> Void)?
    /// A reading.
    public init(
        group: String, name: String, value: Int, reset: (@Sendable () -> Void)? = nil
    ) {
        self.group = group
        self.name = name
        self.value = value
        self.reset = reset
    }
}

/// The declaration of one statistic.
public struct StatisticRow<M: AnyObject & Sendable>: Sendable {
    /// Name; for a family, what stands for the changing part: `TABLE_users`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// Whether it stands for several statistics whose names are known only at runtime.
    public let isFamily: Bool
    /// Reads the values for a group.
    let read: @Sendable (M, String) -> [StatisticReading]

    /// A counter that can be reset.
    public init(
        _ name: String, _ summary: String, counter: @escaping @Sendable (M) -> Counter
    ) {
        self.name = name
        self.summary = summary
        isFamily = false
        read = { module, group in
            let counter = counter(module)
            return [
                StatisticReading(group: group, name: name, value: counter.value) {
                    counter.set(0)
                }
            ]
        }
    }

    /// A value that is looked up when asked for.
    public init(_ name: String, _ summary: String, gauge: @escaping @Sendable (M) -> Int) {
        self.name = name
        self.summary = summary
        isFamily = false
        read = { module, group in
            [StatisticReading(group: group, name: name, value: gauge(module))]
        }
    }

    /// Several statistics whose names are known only at runtime.
    public init(
        family name: String, _ summary: String,
        readings: @escaping @Sendable (M, _ group: String) -> [StatisticReading]
    ) {
        self.name = name
        self.summary = summary
        isFamily = true
        read = readings
    }
}
