internal import Basics
internal import JSONValue
internal import Locations
internal import ModuleKit

/// `ul.status`: how the location service and its database get along.
///
/// Kamailio has no such command. A monitor watches `database` and `oldest_dirty`: the one says
/// whether the database answers, the other how much a crash would lose.
extension UsrlocModule {
    /// The shape of what `ul.status` answers.
    static let statusSchema = Schema.object(
        [
            .init("db_mode", .integer), .init("database", .string), .init("since", .integer),
            .init("loaded", .bool), .init("dirty", .integer), .init("oldest_dirty", .integer),
            .init("last_flush", .integer), .init("last_flush_us", .integer),
            .init("last_flush_rows", .integer), .init("rows_written", .integer),
            .init("failed_flushes", .integer), .init("rows_skipped", .integer),
            .init("last_error", .string),
        ], others: nil)

    /// What `ul.status` answers after a write-back.
    static let statusExample = JSONValue.object([
        .init("db_mode", .integer(2)), .init("database", .string("connected")),
        .init("since", .integer(1_789_000_000)), .init("loaded", .bool(true)),
        .init("dirty", .integer(3)), .init("oldest_dirty", .integer(4)),
        .init("last_flush", .integer(1_789_003_600)), .init("last_flush_us", .integer(2_150)),
        .init("last_flush_rows", .integer(37)), .init("rows_written", .integer(1_204)),
        .init("failed_flushes", .integer(0)), .init("rows_skipped", .integer(0)),
        .init("last_error", .string("")),
    ])

    /// The figures; `oldest_dirty` is the age in seconds of the oldest change that waits.
    ///
    /// With db_mode 0 all figures of the database are zero and its state is `unused`.
    func status() -> JSONValue {
        var status = DatabaseStatus()
        if case .writer(let writer) = place { status = writer.status }
        if case .database(let store) = place { status = store.status }
        let now = SystemClock.wall().seconds
        let oldest = tables.compactMap(\.dirtySince).map(\.seconds).min()
        let figures: [(String, Int)] = [
            ("dirty", tables.reduce(0) { $0 + $1.dirtyCount }),
            ("oldest_dirty", oldest.map { max(0, now - $0) } ?? 0),
            ("last_flush", status.lastFlush.seconds),
            ("last_flush_us", status.lastFlushMicroseconds),
            ("last_flush_rows", status.lastFlushRows),
            ("rows_written", counters.rowsWritten.value),
            ("failed_flushes", counters.failedFlushes.value),
            ("rows_skipped", counters.rowsSkipped.value),
        ]
        return .object(
            [
                .init("db_mode", .integer(Int64(parameters.databaseMode.rawValue))),
                .init("database", .string(status.state.rawValue)),
                .init("since", .integer(Int64(status.since.seconds))),
                .init("loaded", .bool(status.isLoaded)),
            ]
                + figures.map { .init($0.0, .integer(Int64($0.1))) }
                + [.init("last_error", .string(status.lastError))])
    }
}
