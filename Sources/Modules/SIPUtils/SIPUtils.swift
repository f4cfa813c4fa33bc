internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `siputils`: tests on messages and on strings that have to do with SIP.
///
/// All of it is stateless: what Kamailio's module keeps for ringing groups and charging is not
/// here, and a script that asks for it is refused when it is read.
public final class SIPUtilsModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// What Accept of `options_reply` says.
        public var optionsAccept = "*/*"
        /// What Accept-Encoding says.
        public var optionsAcceptEncoding = ""
        /// What Accept-Language says.
        public var optionsAcceptLanguage = "en"
        /// What Supported says.
        public var optionsSupport = ""
        /// What stands between the parts of an encoded contact; the first character counts.
        public var contactSeparator = "*"
    }

    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// The header lines of `options_reply`.
    private let capabilities: [UInt8]
    /// How contacts are encoded.
    let coding: ContactCoding

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        let parameters = setup.parameters
        guard let separator = parameters.contactSeparator.utf8.first, separator > 32,
            separator < 127
        else { throw StartFailure("siputils: contact_flds_separator needs a character") }
        coding = ContactCoding(separator: separator)
        let lines = [
            ("Accept", parameters.optionsAccept),
            ("Accept-Encoding", parameters.optionsAcceptEncoding),
            ("Accept-Language", parameters.optionsAcceptLanguage),
            ("Supported", parameters.optionsSupport),
        ]
        // RFC 3261 20: all four may be empty, which says that there is nothing of the kind.
        capabilities = lines.flatMap { name, value in
            Array("\(name): ".utf8) + HeaderText.oneLine(Array(value.utf8)) + [13, 10]
        }
    }

    /// `options_reply`: 200 with what the server can do, for an OPTIONS without a user.
    func replyToOptions(_ context: ScriptContext) -> Int {
        guard context.message.kind == .request, context.message.method == .options,
            context.requestUser?.isEmpty ?? true
        else { return -1 }
        let reason = Array("OK".utf8)
        return context.reply(200, reason.span) { $0.append(capabilities) } ? 1 : -1
    }

    /// `has_totag()`: whether To has a tag, that is, whether the request belongs to a dialog
    /// (RFC 3261 12.2).
    static func hasToTag(_ context: ScriptContext) -> Bool {
        // A To that cannot be read has no tag that anybody could use.
        guard let to = try? context.message.to else { return false }
        return !(to.tag?.isEmpty ?? true)
    }

    /// `is_first_hop()`: whether the message comes from the phone itself.
    ///
    /// A request has one Via then; a reply has no Record-Route field.
    static func isFirstHop(_ context: ScriptContext) -> Bool {
        // A proxy on the way that stays in the dialog would have recorded itself (RFC 3261 16.6).
        if context.message.kind == .response { return !context.message.has(.recordRoute) }
        return context.withMessage { message in
            // Values, not fields: several hops may share one Via field (RFC 3261 7.3.1).
            var values = message.values(.via)
            return values.next() != nil && values.next() == nil && !message.has(.recordRoute)
        }
    }

    /// `is_supported("path")`: whether Supported lists an option tag (RFC 3261 20.37).
    static func supportTest(_ tag: String) throws(ArgumentError) -> CompiledCall {
        let name = Array(tag.utf8)
        // Option tags are tokens (RFC 3261 25.1); anything else can never be listed.
        guard SIPToken.isToken(name) else {
            throw ArgumentError("\"\(tag)\" is no option tag")
        }
        return { context in
            let isListed = context.withMessage { message in
                var values = message.values(.supported)
                while let value = values.next() {
                    // Without regard to case, which RFC 3261 7.3.1 wants of tokens.
                    if message[value].matches(name.span) { return true }
                }
                return false
            }
            return isListed ? 1 : -1
        }
    }

    /// Answers `is_numeric`.
    static func isNumeric(_ text: Span<UInt8>) -> Bool {
        all(text) { $0 >= 48 && $0 <= 57 }
    }

    /// Answers `is_alphanum`.
    static func isAlphanumeric(_ text: Span<UInt8>) -> Bool {
        // Wrapping subtraction turns a range into one comparison; bytes beyond ASCII are none.
        all(text) { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 }
    }

    /// `is_tel_number`: an optional plus, then digits.
    static func isTelephoneNumber(_ text: Span<UInt8>) -> Bool {
        // The plus alone is no number: `isNumeric` wants at least one digit behind it.
        let start = !text.isEmpty && text[0] == UInt8(ascii: "+") ? 1 : 0
        return isNumeric(text.extracting(start..<text.count))
    }

    /// `is_e164`: a plus, then 2 to 15 digits that do not begin with 0 (ITU-T E.164).
    static func isE164(_ text: Span<UInt8>) -> Bool {
        // Country codes never begin with 0, and no number has more than 15 digits.
        guard text.count >= 3, text.count <= 16, text[0] == UInt8(ascii: "+") else {
            return false
        }
        return text[1] != UInt8(ascii: "0") && isNumeric(text.extracting(1..<text.count))
    }

    /// Answers `is_uri`.
    static func isURI(_ text: Span<UInt8>) -> Bool {
        // Schemes that a registrar can do nothing with, such as http, count as none.
        guard let uri = try? SIPURI(parsing: text) else { return false }
        return uri.scheme != .other
    }

    /// Answers `cmp_uri`.
    static func areEquivalent(_ one: Span<UInt8>, _ two: Span<UInt8>) -> Bool {
        guard let left = try? SIPURI(parsing: one), let right = try? SIPURI(parsing: two) else {
            return false
        }
        // The rules of RFC 3261 19.1.4 are in SIPSyntax, where the registrar compares contacts too.
        return SIPURI.areEquivalent(left, in: one, right, in: two)
    }

    /// Whether every byte passes, and there is at least one: an empty text is nothing of the kind.
    private static func all(_ text: Span<UInt8>, _ test: (UInt8) -> Bool) -> Bool {
        for place in text.indices where !test(text[place]) { return false }
        return !text.isEmpty
    }
}
