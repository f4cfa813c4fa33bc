/// The values that several rounds gave for one number.
public struct Series: Sendable, Equatable {
    /// The values in the order they were taken.
    public var values: [Double]

    /// A series, empty at first.
    public init(_ values: [Double] = []) { self.values = values }

    /// The middle value, or the mean of the two middle ones; nil without values.
    ///
    /// The median and not the mean: one round that another process disturbed must not move it.
    public var median: Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Distance between the smallest and the largest value as a part of the median; 0 for one.
    public var spread: Double {
        guard let median, median != 0, let least = values.min(), let most = values.max() else {
            return 0
        }
        return (most - least) / median.magnitude
    }
}

/// Whose number it is.
public enum Seat: String, Sendable, Hashable, CaseIterable {
    /// Stock Kamailio.
    case kamailio
    /// This project's server.
    case roost
    /// What the figure itself names as the reference: our own number, or the bare echo.
    case reference
}

/// All numbers of one run.
public struct Measurements: Sendable, Equatable {
    /// One number of the table: a row and a column.
    private struct Key: Hashable, Sendable {
        var figure: Figure
        var seat: Seat
    }

    /// What was measured, by figure and seat.
    private var series: [Key: Series] = [:]
    /// Remarks that belong below the table.
    public var notes: [String] = []

    /// No numbers yet.
    public init() {}

    /// Adds the value of one round.
    public mutating func add(_ value: Double, _ figure: Figure, _ seat: Seat) {
        series[Key(figure: figure, seat: seat), default: Series()].values.append(value)
    }

    /// The values of one number, none at first.
    public subscript(_ figure: Figure, _ seat: Seat) -> Series {
        series[Key(figure: figure, seat: seat)] ?? Series()
    }

    /// Adds a remark once.
    public mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }
}
