import Basics
import ModuleKit
import SIPSyntax

/// Functions that rewrite Contact, or say what it ought to be.
extension NATHelperModule {
    /// One Contact of the message, and where its parts are.
    private struct Place {
        /// The URI.
        var uri: SIPURI
        /// The header field's value.
        var contact: Contact
        /// Where the URI's host and port end.
        var hostEnd: Int
        /// Where the URI's parameters end.
        var parametersEnd: Int
    }

    /// All contacts of the message that are SIP URIs; nil when one cannot be read.
    private static func places(_ context: ScriptContext) -> [Place]? {
        context.withMessage { message in
            var places: [Place] = []
            var contacts = message.contacts
            do throws(SyntaxError) {
                while let contact = try contacts.next() {
                    guard !contact.isStar else { continue }
                    let uri = try SIPURI(parsing: message.bytes, in: contact.uri)
                    // A telephone number in a Contact has no host that could be rewritten.
                    guard uri.isSIP else { continue }
                    let parametersEnd = uri.headers.isEmpty ? uri.whole.end : uri.headers.start - 1
                    let hostEnd =
                        uri.parameters.isEmpty ? parametersEnd : uri.parameters.start - 1
                    places.append(
                        Place(
                            uri: uri, contact: contact, hostEnd: hostEnd,
                            parametersEnd: parametersEnd))
                }
            } catch {
                return nil
            }
            return places
        }
    }

    /// `fix_nated_contact()`: the address that the message came from takes the place of host and
    /// port of each Contact.
    func fixContact(_ context: ScriptContext) -> Int {
        guard let places = Self.places(context), !places.isEmpty else { return -1 }
        var address = ByteWriter(capacity: 48)
        context.origin.source.write(into: &address)
        let text = Array(copying: address.span)
        for place in places {
            let start = place.uri.host.start
            context.edits.replace(
                ByteRange(offset: start, count: place.hostEnd - start), with: text)
        }
        Self.settle(context)
        return 1
    }

    /// `fix_nated_register()`: notes the URI of the address that the message came from, for
    /// `save`.
    func fixRegister(_ context: ScriptContext) -> Int {
        context.with(settings) { parameters in
            let name = parameters.receivedAttribute
            // Without received_avp nothing is noted, as documented; `save` looks at its own
            // settings.
            guard !name.isEmpty else { return 1 }
            context.attributes.removeAll(name)
            let uri = ScriptValue.text(context.compose { Self.writeSource(context.origin, &$0) })
            return context.attributes.add(name, uri) ? 1 : -1
        }
    }

    /// `add_rcv_param(flag)`: adds the URI of the address that the message came from as
    /// `received`, to each Contact or to its URI.
    func addReceived(_ context: ScriptContext, toURI: Bool) -> Int {
        guard let places = Self.places(context), !places.isEmpty else { return -1 }
        var source = ByteWriter(capacity: 64)
        Self.writeSource(context.origin, &source)
        let uri = Array(copying: source.span)
        for place in places {
            if toURI {
                // `;transport=` in the value would begin a parameter of the contact itself.
                guard context.origin.transport == .udp else { return -1 }
                Self.insert(Array(";received=".utf8) + uri, into: place, context)
            } else {
                let text = Array(";received=\"".utf8) + uri + Array("\"".utf8)
                context.edits.insert(text, at: place.contact.whole.end)
            }
        }
        return 1
    }

    /// `add_contact_alias()`: adds an alias of the address that the message came from to each
    /// Contact that is elsewhere; 2 when there is none.
    func addAlias(_ context: ScriptContext) -> Int {
        guard let places = Self.places(context), !places.isEmpty else { return -1 }
        let origin = context.origin
        let alias = NumberedAddress(origin.source, origin.transport)
        let others = places.filter { place in
            context.withMessage { message in
                !Self.isSource(place.uri, message.bytes, origin)
            }
        }
        for place in others { add(alias, to: place, context, trims: false) }
        return others.isEmpty ? 2 : 1
    }

    /// `add_contact_alias(ip, port, proto)` and `set_contact_alias(trim)`: adds an alias of an
    /// address to each Contact.
    func addAlias(_ context: ScriptContext, _ alias: NumberedAddress, trims: Bool) -> Int {
        guard let places = Self.places(context), !places.isEmpty else { return -1 }
        for place in places { add(alias, to: place, context, trims: trims) }
        return 1
    }

    /// `set_contact_alias(trim)`.
    func setAlias(_ context: ScriptContext, trims: Bool) -> Int {
        let alias = NumberedAddress(context.origin.source, context.origin.transport)
        let code = addAlias(context, alias, trims: trims)
        if code > 0 { Self.settle(context) }
        return code
    }

    /// `set_alias_to_pv(pv)`: writes the URI that the alias of the first Contact stands for.
    func readAlias(_ context: ScriptContext, _ target: VariableAccess) -> Int {
        guard let place = Self.places(context)?.first else { return -1 }
        let name = context.with(settings) { $0.aliasBytes }
        let alias = context.withMessage { message -> NumberedAddress? in
            guard
                let parameter = AliasParameter.find(
                    name, in: place.uri, message.bytes, last: false)
            else { return nil }
            return NumberedAddress(parsing: message[parameter.value])
        }
        guard let alias, let write = target.write else { return -1 }
        let uri = ScriptValue.text(context.compose { alias.writeURI(into: &$0) })
        return write(context, uri) ? 1 : -1
    }

    /// `handle_ruri_alias(mode)`: the alias of the request URI becomes the destination URI and
    /// leaves the request URI; 2 without one, -1 when it is malformed, and then nothing changes.
    func handleAlias(_ context: ScriptContext, last: Bool) -> Int {
        let name = context.with(settings) { $0.aliasBytes }
        var destination = ByteWriter(capacity: 64)
        var code = 2
        let rest = context.withRequestURI { bytes -> [UInt8] in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP,
                let parameter = AliasParameter.find(name, in: uri, bytes, last: last)
            else { return [] }
            guard let alias = NumberedAddress(parsing: bytes.part(parameter.value)) else {
                code = -1
                return []
            }
            alias.writeURI(into: &destination)
            code = 1
            return Array(copying: bytes.extracting(first: parameter.whole.start))
                + Array(copying: bytes.extracting(droppingFirst: parameter.whole.end))
        }
        guard code == 1 else { return code }
        guard context.setRequestURI(rest) else { return -1 }
        // Only when the URI is free of it: the phone must not see our parameter.
        context.destinationURI = Array(copying: destination.span)
        return 1
    }

    // MARK: Steps

    /// Adds an alias to one Contact, without those that it has if `trims`.
    private func add(
        _ alias: NumberedAddress, to place: Place, _ context: ScriptContext, trims: Bool
    ) {
        let name = context.with(settings) { $0.aliasBytes }
        if trims {
            let old = context.withMessage { message in
                AliasParameter.find(name, in: place.uri, message.bytes, last: false)?.whole
            }
            // A phone that repeats what it was sent would collect aliases otherwise.
            if let old { context.edits.remove(old) }
        }
        var text = ByteWriter(capacity: 64)
        text.append(";")
        text.append(name)
        text.append("=")
        alias.write(brackets: true, into: &text)
        Self.insert(Array(copying: text.span), into: place, context)
    }

    /// Adds a URI parameter; a URI without brackets gets them, or it would become a parameter of
    /// the header field (RFC 3261 20.10).
    private static func insert(_ parameter: [UInt8], into place: Place, _ context: ScriptContext) {
        guard !place.contact.address.isBracketed else {
            context.edits.insert(parameter, at: place.parametersEnd)
            return
        }
        context.edits.insert([UInt8(ascii: "<")], at: place.uri.whole.start)
        context.edits.insert(parameter + [UInt8(ascii: ">")], at: place.parametersEnd)
    }

    /// In a REGISTER the change is made at once: `save` must store what the function has written.
    private static func settle(_ context: ScriptContext) {
        guard context.message.kind == .request, context.message.method == .register else { return }
        _ = context.applyChanges()
    }

    /// Writes the URI of an address that a message came from.
    static func writeSource(_ origin: Origin, _ writer: inout ByteWriter) {
        writer.append("sip:")
        origin.source.write(into: &writer)
        guard origin.transport != .udp else { return }
        writer.append(";transport=")
        writer.append(origin.transport.name)
    }

    /// Whether a URI names the address that a message came from.
    private static func isSource(
        _ uri: SIPURI, _ bytes: Span<UInt8>, _ origin: Origin
    ) -> Bool {
        guard let address = PeerAddress(literal: bytes.part(uri.host), port: uri.portOrDefault)
        else { return false }
        return address == origin.source && (uri.transport(in: bytes) ?? .udp) == origin.transport
    }
}
