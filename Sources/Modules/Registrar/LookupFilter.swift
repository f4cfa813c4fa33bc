/// Which bindings `lookup` leaves out, as the parameter `lookup_filter_mode` numbers it.
struct LookupFilter: OptionSet, Sendable {
    /// The bits of the parameter.
    let rawValue: Int
    /// Those that have none of the branch flags that `$xavp(CFG=>rlf_bflags)` gives.
    static let branchFlags = LookupFilter(rawValue: 1)
    /// Those of a stream whose connection is gone.
    static let connection = LookupFilter(rawValue: 2)
    /// All of them.
    static let all = LookupFilter(rawValue: 3)
}
