/// Why a REGISTER is refused: the status, and what P-Registrar-Error says.
///
/// Codes and texts are those of the registrar's documentation and recorded answers.
enum RegistrarFailure: Error, Equatable {
    case messageParse
    case toParse
    case unknownScheme
    case aorTooLong
    case callIDTooLong
    case contactParse
    case contactTooLong
    case tooManyContactsNamed
    case starNotAlone
    case starWithExpires
    case outOfOrder
    case badQ
    case badRegID
    case tooBrief(minimum: Int)
    case tooManyContacts
    case unavailable

    /// The status of the reply.
    var status: Int {
        switch self {
        case .unknownScheme: 404
        case .tooBrief: 423
        case .tooManyContacts: 503
        case .unavailable: 503
        case .aorTooLong: 500
        default: 400
        }
    }

    /// Whether the reply lists the bindings that there are.
    var listsBindings: Bool {
        switch self {
        case .badQ, .badRegID, .tooBrief: true
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
        case .unavailable: "Location database unavailable"
        }
    }
}
