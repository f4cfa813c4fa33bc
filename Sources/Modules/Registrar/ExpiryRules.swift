/// How long a binding may live: RFC 3261 10.3 step 7 and the registrar's parameters.
///
/// A value without clock and randomness: the caller gives a random number.
///
/// The order of the rules matters: what was asked for is raised to the minimum, shortened at
/// random, and cut to the maximum last, so that a maximum below the minimum wins, as it does with
/// Kamailio.
struct ExpiryRules {
    /// What a lifetime comes to.
    enum Lifetime: Equatable {
        /// The binding is to be removed.
        case removal
        /// It lives for so many seconds.
        case seconds(Int)
        /// It is shorter than the registrar accepts (423).
        case tooBrief
    }

    /// What one place of the request says about the lifetime.
    enum Stated: Equatable {
        /// Nothing.
        case absent
        /// Something that is no number of seconds.
        case malformed
        /// So many seconds.
        case seconds(Int)
    }

    /// Seconds granted when nothing is asked for.
    let defaultExpires: Int
    /// Percent by which those are shortened at random, 0 to 100.
    ///
    /// Phones that came up together after a power cut would otherwise refresh together for ever.
    let defaultRange: Int
    /// Percent by which what was asked for is shortened at random, 0 to 100.
    let range: Int
    /// Shortest lifetime in seconds, 0 for none.
    let minimum: Int
    /// Whether a shorter one is refused instead of raised.
    let refusesBrief: Bool
    /// Longest lifetime in seconds, 0 for none.
    let maximum: Int

    /// The rules that the settings make.
    ///
    /// The ranges are those of the parameters' declarations, which the asserts repeat.
    init(_ parameters: borrowing RegistrarParameters) {
        defaultExpires = parameters.defaultExpires
        defaultRange = parameters.defaultExpiresRange
        range = parameters.expiresRange
        minimum = parameters.minExpires
        refusesBrief = parameters.minExpiresMode == .refuse
        maximum = parameters.maxExpires
        assert(defaultRange >= 0 && defaultRange <= 100)
        assert(range >= 0 && range <= 100)
    }

    /// The lifetime of one contact.
    ///
    /// The contact's own parameter comes before the header field; a malformed parameter counts as
    /// the default and a malformed header field as absent, as recorded answers have it. Zero is a
    /// removal whatever the limits say.
    ///
    /// `random` is any number; what remains of it is spread evenly over the part that may be cut. A
    /// second is the least that is granted, for zero would be a removal.
    func lifetime(
        parameter: Stated, header: Stated, keepsExact: Bool, random: UInt64
    ) -> Lifetime {
        let (asked, percent): (Int, Int) =
            switch (parameter, header) {
            case (.seconds(let value), _): (value, range)
            case (.malformed, _): (defaultExpires, defaultRange)
            case (.absent, .seconds(let value)): (value, range)
            case (.absent, _): (defaultExpires, defaultRange)
            }
        assert(asked >= 0)
        guard asked > 0 else { return .removal }
        var value = asked
        if value < minimum {
            if refusesBrief { return .tooBrief }
            value = minimum
        }
        if percent > 0, !keepsExact {
            let spread = value * percent / 100
            value -= Int(random % UInt64(spread + 1))
            value = max(value, minimum)
        }
        if maximum > 0 { value = min(value, maximum) }
        return .seconds(max(value, 1))
    }
}
