/// How far a load is, for the line that is shown once a second.
public struct LoadProgress: Sendable, Equatable {
    /// Seconds since the start.
    public var seconds: Double
    /// Requests that have come to an end.
    public var settled: Int
    /// Requests that were planned.
    public var requests: Int
    /// Final replies a second since the last line.
    public var rate: Double
    /// Requests that were sent again so far.
    public var retransmitted: Int
    /// Requests that failed or were refused so far.
    public var failures: Int

    /// One line without a line break.
    public var line: String {
        let percent = requests > 0 ? settled * 100 / requests : 100
        return "\(percent) %  \(settled) of \(requests)  \(Int(rate))/s  "
            + "again \(retransmitted)  failed \(failures)  \(Int(seconds)) s"
    }
}
