/// Why a REGISTER is refused: the status, and what P-Registrar-Error says.
///
/// Codes and texts are those of the registrar's documentation and recorded answers.
///
/// The text tells an operator who looks at a trace what the phone did wrong; the reason phrase
/// stays that of the status, since phones show it to people.
enum RegistrarFailure: Error, Equatable {
    /// Call-ID or CSeq is missing or malformed.
    case messageParse
    /// To, or the URI that the script gives, cannot be read.
    case toParse
    /// It can, but its scheme names no user of ours (RFC 3261 10.3 step 5).
    case unknownScheme
    /// The AoR has more than `Limits.aorBytesMax` bytes, or an escape that is none.
    case aorTooLong
    /// The Call-ID does not fit into its column.
    case callIDTooLong
    /// A contact cannot be read, or is no URI.
    case contactParse
    /// A contact or what belongs to it is longer than the settings or the columns allow.
    case contactTooLong
    /// The request names more than `Limits.contactsPerRequestMax`.
    case tooManyContactsNamed
    /// `*` stands beside another contact (RFC 3261 10.2.2).
    case starNotAlone
    /// `*` comes without `Expires: 0` (RFC 3261 10.2.2).
    case starWithExpires
    /// A binding of the same Call-ID has a CSeq that is not lower (RFC 3261 10.3 step 7).
    case outOfOrder
    /// The q of a contact is no number from 0 to 1.
    case badQ
    /// The reg-id of a contact is no number from 1 to 2^31 - 1 (RFC 5626 4.2).
    case badRegID
    /// A lifetime is shorter than the registrar grants; the associated value is the shortest in
    /// seconds.
    case tooBrief(minimum: Int)
    /// The AoR would have more bindings than `max_contacts`.
    case tooManyContacts
    /// Path cannot be read, or its first URI is no loose router (RFC 3327 5.3).
    case pathParse
    /// Path does not fit into its column: a request could not be sent back along it.
    case pathTooLong
    /// There is a Path and the client does not support it (`path_mode` 2).
    case pathUnsupported
    /// The request requires extensions that settings have switched off (RFC 3261 8.2.2.3).
    case unsupported(RequiredExtensions)
    /// The client does not support flows (`outbound_mode` 2).
    case outboundRequired
    /// The proxy nearest to the client does not support flows (RFC 5626 6).
    case firstHopLacksOutbound
    /// The contact is a GRUU of the domain: requests to it would go round in a circle
    /// (RFC 5627 5.1).
    case gruuContact
    /// The database does not answer (db_mode 3).
    case unavailable

    /// The status of the reply.
    ///
    /// 5xx where trying again may help, 4xx where the request has to change.
    var status: Int {
        switch self {
        case .unknownScheme: 404
        case .gruuContact: 403
        case .pathUnsupported, .unsupported: 420
        case .outboundRequired: 421
        case .firstHopLacksOutbound: 439
        case .tooBrief: 423
        case .tooManyContacts: 503
        case .unavailable: 503
        case .aorTooLong: 500
        default: 400
        }
    }

    /// Whether the reply lists the bindings that there are.
    ///
    /// The other failures happen before the AoR is known, or the table has listed them by itself.
    var listsBindings: Bool {
        switch self {
        case .badQ, .badRegID, .tooBrief, .pathParse, .pathTooLong, .pathUnsupported: true
        default: false
        }
    }

    /// What the header field P-Registrar-Error says.
    var text: StaticString {
        switch self {
        case .messageParse: "Message parse error"
        case .toParse: "Error while parsing AOR"
        case .unknownScheme: "To names an address of an unknown scheme"
        case .aorTooLong: "Address Of Record too long"
        case .callIDTooLong: "Callid too long"
        case .contactParse: "Contact parse error"
        case .contactTooLong: "Contact/received too long"
        case .tooManyContactsNamed: "Too many contacts in one request"
        case .starNotAlone: "* used in contact and more than 1 contact"
        case .starWithExpires: "* used in contact and expires is not zero"
        case .outOfOrder: "Invalid CSeq number"
        case .badQ: "Invalid q param in contact"
        case .badRegID: "Invalid Reg-Id number"
        case .tooBrief: "Interval too brief"
        case .tooManyContacts: "Too many registered contacts"
        case .pathParse: "Path parse error"
        case .pathTooLong: "Path too long"
        case .pathUnsupported: "No support for found Path indicated"
        case .unsupported(let extensions):
            extensions.contains(.outbound)
                ? "No support for Outbound on server" : "No support for a required extension"
        case .outboundRequired: "No support for Outbound indicated"
        case .firstHopLacksOutbound: "No support for Outbound on edge proxy"
        case .gruuContact: "A GRUU is no contact"
        case .unavailable: "Location database unavailable"
        }
    }
}
