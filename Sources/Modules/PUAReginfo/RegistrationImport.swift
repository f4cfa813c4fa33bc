internal import Basics
internal import EventDocuments
internal import Locations
internal import SIPSyntax

/// Turns a registration document into what the location table takes over.
struct RegistrationImport {
    /// How addresses-of-record are made.
    var rules: AddressRules
    /// The number of the server that tells.
    var peer: UInt32
    /// This server's number, for the rows.
    var serverID: UInt32
    /// The present time.
    var now: WallTime

    /// Seconds that a contact lives whose lifetime is not told.
    static let lifetimeSeconds = 3_600

    /// One address-of-record and what is told of it.
    struct Item: Sendable {
        /// The address-of-record, canonical.
        var aor: [UInt8]
        /// What is told.
        var registration: PeerRegistration
        /// Contacts that cannot be understood.
        var skipped = 0
    }

    /// What a document tells.
    ///
    /// - Parameters:
    ///   - info: The document.
    ///   - presentity: Whom the subscription is about: a full document that does not name it says
    ///     that nobody is registered there.
    /// - Returns: One item for each address-of-record.
    func items(_ info: RegistrationInfo, presentity: [UInt8]) -> [Item] {
        var items: [Item] = []
        for registration in info.registrations.prefix(Limits.registrationsPerDocumentMax) {
            guard let aor = address(Array(registration.aor.utf8)) else { continue }
            items.append(item(aor, registration, isFull: info.isFull))
        }
        // A document of registrations that cannot be read says nothing of anybody.
        guard info.isFull, info.registrations.isEmpty, let aor = address(presentity) else {
            return items
        }
        items.append(
            Item(
                aor: aor,
                registration: PeerRegistration(peer: peer, isFull: true, serverID: serverID)))
        return items
    }

    /// The canonical address-of-record of a URI; nil for none.
    func address(_ uri: [UInt8]) -> [UInt8]? {
        guard let parsed = try? SIPURI(parsing: uri.span), parsed.isSIP else { return nil }
        var writer = ByteWriter(capacity: 96)
        let user = uri.span.part(parsed.user ?? .empty)
        guard
            AddressOfRecord.write(
                user: user, host: uri.span.part(parsed.host), rules: rules, into: &writer),
            writer.count > 0
        else { return nil }
        return Array(copying: writer.span)
    }

    // MARK: One registration

    private func item(
        _ aor: [UInt8], _ told: RegistrationInfo.Registration, isFull: Bool
    ) -> Item {
        let isOver = told.state == .terminated || told.state == .initial
        var item = Item(
            aor: aor,
            registration: PeerRegistration(
                peer: peer, isFull: isFull || isOver, serverID: serverID))
        // Of a registration that is over no contact is left, whatever is listed of how it ended.
        guard !isOver else { return item }
        for contact in told.contacts.prefix(Limits.contactsPerAoRMax) {
            if let contact = self.contact(contact) {
                item.registration.contacts.append(contact)
            } else {
                item.skipped += 1
            }
        }
        return item
    }

    /// One contact; nil when its URI is none.
    private func contact(_ told: RegistrationInfo.Contact) -> PeerContact? {
        var uri = Array(told.uri.utf8)
        guard isSound(uri), (try? SIPURI(parsing: uri.span)) != nil else { return nil }
        var instance: [UInt8] = []
        var regID: UInt32 = 0
        for parameter in told.parameters {
            switch parameter.name.lowercased() {
            case "+sip.instance": instance = Self.unquoted(parameter.value)
            case "reg-id": regID = UInt32(parameter.value) ?? 0
            default: Self.append(parameter, to: &uri)
            }
        }
        let seconds = told.expiresSeconds.map { Int(clamping: $0) } ?? Self.lifetimeSeconds
        let isOver = !told.isActive || seconds == 0
        let end = WallTime(seconds: now.seconds + min(seconds, Int(Int32.max)))
        var contact = PeerContact(
            uri: uri, callID: Array((told.callID ?? told.id).utf8),
            cseq: told.cseq.map { UInt32(clamping: $0) }, expires: isOver ? nil : end)
        contact.q = told.q.flatMap { Self.thousandths($0) }
        contact.userAgent = sound(told.userAgent)
        contact.received = sound(told.received)
        contact.path = sound(told.path)
        if isSound(instance) { contact.instance = instance }
        contact.regID = contact.instance.isEmpty ? 0 : regID
        return isSound(contact.callID) ? contact : nil
    }

    // MARK: Texts of strangers

    /// A text that will stand in messages; empty when it could add a line to one.
    private func sound(_ text: String?) -> [UInt8] {
        let bytes = Array((text ?? "").utf8)
        return isSound(bytes) ? bytes : []
    }

    private func isSound(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// A value without the quotation marks around it.
    private static func unquoted(_ text: String) -> [UInt8] {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else {
            return Array(text.utf8)
        }
        return Array(text.utf8.dropFirst().dropLast())
    }

    /// Appends a parameter to a URI, as Kamailio does; one that a URI cannot hold is left out.
    ///
    /// A parameter of a Contact field is none of its URI, but there is no other place where it
    /// would come back when the contact is looked up.
    private static func append(
        _ parameter: RegistrationInfo.Contact.Parameter, to uri: inout [UInt8]
    ) {
        let name = Array(parameter.name.utf8)
        let value = Array(parameter.value.utf8)
        guard !name.isEmpty, name.allSatisfy(Alphabet.uriParameter.contains),
            value.allSatisfy(Alphabet.uriParameter.contains),
            uri.count + name.count + value.count + 2 <= Limits.contactBytesMax
        else { return }
        uri += [UInt8(ascii: ";")] + name
        if !value.isEmpty { uri += [UInt8(ascii: "=")] + value }
    }

    /// `0.5` as 500; nil for what is no q.
    private static func thousandths(_ text: String) -> Int? {
        guard let q = Double(text), q >= 0, q <= 1 else { return nil }
        return Int((q * 1_000).rounded())
    }
}
