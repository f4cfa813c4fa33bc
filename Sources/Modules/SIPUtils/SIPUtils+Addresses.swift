internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions on URIs, contacts and the request as a whole.
extension SIPUtilsModule {
    private static let truth = "1 yes, -1 no"
    private static let done = "1 done, -1 not"

    /// A function on one text.
    private static func row(
        _ name: String, _ argument: String, returns: String, _ summary: String,
        _ call: @escaping @Sendable (ScriptContext, [UInt8]) -> Int
    ) -> FunctionRow<SIPUtilsModule> {
        FunctionRow(name, .string(argument), returns: returns, summary) {
            (_, context, text: ScriptText) in call(context, context.bytes(of: text))
        }
    }

    /// The parameters of the request URI, which phones and gateways use for all sorts of things.
    static var parameterFunctions: [FunctionRow<SIPUtilsModule>] {
        [
            FunctionRow(
                "uri_param", .string("name"), Argument.string("value").optional,
                returns: truth, "Whether the request URI has a parameter, and with that value."
            ) { (_, context, name: ScriptText, value: ScriptText?) in
                let value = value.map { context.bytes(of: $0) }
                return RequestURIParameters.has(context, context.bytes(of: name), value) ? 1 : -1
            },
            row(
                "uri_param_any", "name", returns: truth,
                "Whether the request URI has a parameter, with any value."
            ) { RequestURIParameters.value($0, $1) == nil ? -1 : 1 },
            row("add_uri_param", "parameter", returns: done, "Adds one to the request URI.") {
                RequestURIParameters.add($0, $1)
            },
            row(
                "uri_param_rm", "name", returns: done,
                "Takes a parameter out of the request URI."
            ) { RequestURIParameters.remove($0, $1) },
            FunctionRow(
                "get_uri_param", .string("name"), .variable("result"), returns: truth,
                "Stores the value of a parameter of the request URI in a variable."
            ) { (_, context, name: ScriptText, result) in
                guard let value = RequestURIParameters.value(context, context.bytes(of: name))
                else { return -1 }
                return store(value, in: result, context)
            },
        ]
    }

    /// Writes a text into a variable.
    private static func store(
        _ text: [UInt8], in variable: VariableAccess, _ context: ScriptContext
    ) -> Int {
        guard let write = variable.write else { return -1 }
        return write(context, .text(.owned(text))) ? 1 : -1
    }

    /// URIs that stand in variables, and tests on them.
    static var addressFunctions: [FunctionRow<SIPUtilsModule>] {
        [
            FunctionRow(
                "tel2sip", .string("uri"), .string("host"), .variable("result"),
                returns: "1 converted, 2 it is no tel URI, -1 error",
                "Stores a tel URI as a SIP URI in a variable (RFC 3261 19.1.6)."
            ) { (_, context, uri: ScriptText, host: ScriptText, result) in
                let bytes = context.bytes(of: uri)
                // Not an error: the script may pass any URI and only cares for telephone numbers.
                guard bytes.starts(with: Array("tel:".utf8)) else { return 2 }
                guard let sip = URITexts.telToSIP(bytes, context.bytes(of: host)) else {
                    return -1
                }
                return store(sip, in: result, context)
            },
            setting("set_uri_user", "Gives the URI in a variable another user.") {
                URITexts.settingUser($0, $1)
            },
            setting("set_uri_host", "Gives the URI in a variable another host.") {
                URITexts.settingHost($0, $1)
            },
            row(
                "is_uri_user_e164", "uri", returns: truth,
                "Whether the user of a URI is a number in international form."
            ) { (_, text) in
                guard let uri = try? SIPURI(parsing: text.span), let user = uri.user else {
                    return -1
                }
                return isE164(text.span.part(user)) ? 1 : -1
            },
            FunctionRow(
                "cmp_aor", .string("uri"), .string("other"),
                returns: "1 yes, -1 no, -2 one is no SIP URI",
                "Whether two URIs have the same user and host."
            ) { (_, context, one: ScriptText, two: ScriptText) in
                let (one, two) = (context.bytes(of: one), context.bytes(of: two))
                return URITexts.sameAddressOfRecord(one.span, two.span).map { $0 ? 1 : -1 } ?? -2
            },
            FunctionRow(
                "cmp_hdr_name", .string("name"), .string("other"), returns: "1 yes, -2 no",
                "Whether two names mean the same header field: case and compact form."
            ) { (_, context, one: ScriptText, two: ScriptText) in
                let (one, two) = (context.bytes(of: one), context.bytes(of: two))
                let name = HeaderName(name: one.span)
                // Known names have one number for the long and the compact form (RFC 3261 7.3.3).
                if name != .other { return name == HeaderName(name: two.span) ? 1 : -2 }
                return one.span.matches(two.span) ? 1 : -2
            },
            FunctionRow(
                "is_gruu", Argument.string("uri").optional,
                returns: "1 public, 2 temporary, -1 no",
                "Whether a URI, or the request URI, is a GRUU (RFC 5627)."
            ) { (_, context, uri: ScriptText?) in
                gruuKind(context, uri.map { context.bytes(of: $0) })
            },
            FunctionRow(
                "is_alphanumex", .string("text"), .string("others"), returns: "1 yes, -1 no",
                "Whether a string has letters, digits and some other characters only."
            ) { (_, context, text: ScriptText, others: ScriptText) in
                let (text, others) = (context.bytes(of: text), context.bytes(of: others))
                // An empty text has no letter: it is nothing of the kind, as with the siblings.
                guard !text.isEmpty else { return -1 }
                // Wrapping subtraction turns a range into one comparison.
                let isGood = text.allSatisfy { byte in
                    others.contains(byte) || byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
                }
                return isGood ? 1 : -1
            },
        ]
    }

    private static func setting(
        _ name: String, _ summary: String,
        _ change: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8]?
    ) -> FunctionRow<SIPUtilsModule> {
        FunctionRow(name, .variable("uri"), .string("value"), returns: done, summary) {
            (_, context, uri, value: ScriptText) in
            guard let text = context.text(uri.read(context)),
                let changed = change(context.bytes(of: text), context.bytes(of: value))
            else { return -1 }
            return store(changed, in: uri, context)
        }
    }

    private static func gruuKind(_ context: ScriptContext, _ uri: [UInt8]?) -> Int {
        let bytes = uri ?? context.withRequestURI { Array(copying: $0) }
        guard let parsed = try? SIPURI(parsing: bytes.span),
            let pair = parsed.parameter("gr", in: bytes.span)
        else { return -1 }
        // A temporary one carries no instance (RFC 5627 3.2).
        return pair.value == nil ? 2 : 1
    }

    /// Contacts that are to lead through this server: their URIs are hidden in URIs of our own.
    static var contactFunctions: [FunctionRow<SIPUtilsModule>] {
        [
            FunctionRow(
                "encode_contact", .string("prefix"), .string("host"), returns: done,
                "Writes the URIs of the contacts into the user parts of URIs of our own."
            ) { (module, context, prefix: ScriptText, host: ScriptText) in
                let (prefix, host) = (context.bytes(of: prefix), context.bytes(of: host))
                return ContactCoding.changeContacts(context) {
                    module.coding.encode($0, prefix: prefix, host: host)
                }
            },
            FunctionRow(
                "decode_contact", routes: [.request, .event], returns: done,
                "Turns a request URI that encode_contact has made into the contact."
            ) { (module, context) in
                let uri = context.withRequestURI { Array(copying: $0) }
                guard let decoded = module.coding.decode(uri) else { return -1 }
                return context.setRequestURI(decoded) ? 1 : -1
            },
            FunctionRow(
                "decode_contact_header", returns: done,
                "Turns contacts that encode_contact has made into what they were."
            ) { (module, context) in
                ContactCoding.changeContacts(context) { module.coding.decode($0) }
            },
            FunctionRow(
                "contact_param_encode", .string("name"), .string("address"), returns: done,
                "Writes the URIs of the contacts into a parameter of other URIs."
            ) { (_, context, name: ScriptText, address: ScriptText) in
                let (name, address) = (context.bytes(of: name), context.bytes(of: address))
                return ContactCoding.changeContacts(context) { uri in
                    let text =
                        address + Array(";".utf8) + name + Array("=".utf8)
                        + URLBase64.encode(uri)
                    // Name and address are the script's, and may hold anything: together they must
                    // be a URI.
                    return (try? SIPURI(parsing: text.span)) == nil ? nil : text
                }
            },
            row(
                "contact_param_decode", "name", returns: done,
                "Turns contacts that contact_param_encode has made into what they were."
            ) { (context, name) in
                ContactCoding.changeContacts(context) { decoded($0, name) }
            },
            row(
                "contact_param_decode_ruri", "name", returns: done,
                "Turns such a request URI into what the contact was."
            ) { (context, name) in
                let uri = context.withRequestURI { Array(copying: $0) }
                guard let contact = decoded(uri, name) else { return -1 }
                return context.setRequestURI(contact) ? 1 : -1
            },
            row(
                "contact_param_rm", "name", returns: done,
                "Takes a parameter out of the URIs of the contacts."
            ) { (context, name) in
                ContactCoding.changeContacts(context) {
                    // That a contact has no such parameter is no fault.
                    RequestURIParameters.without(name, $0.span) ?? $0
                }
            },
        ]
    }

    /// The URI in a parameter of another; nil when there is none.
    private static func decoded(_ uri: [UInt8], _ name: [UInt8]) -> [UInt8]? {
        guard let parsed = try? SIPURI(parsing: uri.span),
            let value = parsed.parameter(named: name.span, in: uri.span)?.value,
            let inner = URLBase64.decode(Array(uri[value.indices])),
            (try? SIPURI(parsing: inner.span)) != nil
        else { return nil }
        return inner
    }

    /// The request as a whole.
    static var requestFunctions: [FunctionRow<SIPUtilsModule>] {
        [
            FunctionRow(
                "options_reply", routes: [.request, .event],
                returns: "1 sent, -1 no OPTIONS, or one for a user",
                "Answers an OPTIONS for the server itself (RFC 3261 11.2)."
            ) { (module, context) in module.replyToOptions(context) },
            FunctionRow(
                "hdr_date_check", .integer("seconds"),
                returns: "1 in time, -1 no Date, -4 too old",
                "Whether Date is at most some seconds old."
            ) { (_, context, seconds) in
                let date = context.withMessage { message in
                    message.header(.date).flatMap { SIPDate.read(message[$0]) }
                }
                guard let date else { return -1 }
                // The age, and not the end of the period: a script may give any number of seconds,
                // and the sum of both could leave the range of numbers.
                return context.now.seconds - date.seconds > seconds ? -4 : 1
            },
        ]
    }
}
