/// The flags of `save`, as its documentation numbers them.
///
/// The numbers are those of Kamailio, hexadecimal in the script as well as here; a bit that is not
/// listed is refused when the script is loaded.
struct SaveFlags: OptionSet, Sendable {
    /// The bits as the script gives them.
    let rawValue: Int
    /// The database is not told.
    static let memoryOnly = SaveFlags(rawValue: 0x01)
    /// No reply is sent.
    static let noReply = SaveFlags(rawValue: 0x02)
    /// One contact an AoR: this one replaces all others.
    static let singleContact = SaveFlags(rawValue: 0x04)
    /// Lifetimes are not shortened at random.
    static let exactExpires = SaveFlags(rawValue: 0x08)
    /// With `noReply`: header fields are left for the reply that the script sends.
    static let prepareReply = SaveFlags(rawValue: 0x10)
    /// All of them.
    static let all = SaveFlags(rawValue: 0x1f)
}
