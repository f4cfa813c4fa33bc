internal import Basics
internal import EventDocuments
internal import Locations
internal import SIPSyntax

/// Makes the registration document of an address-of-record from its contacts.
struct RegistrationReport {
    /// Names of registrations and contacts.
    let names: StableNames
    /// Host of an address-of-record that has none.
    let defaultDomain: [UInt8]
    /// Whether contacts with an instance have GRUUs (registrar parameter `gruu_enabled`).
    let showsGRUUs: Bool

    /// A document and how long it is good for.
    struct Report {
        /// The URI of the presentity.
        var presentity: [UInt8]
        /// The document.
        var info: RegistrationInfo
        /// Seconds until the last contact ends; nil when one is permanent, 0 when there is none.
        var lifetimeSeconds: Int?

        /// Whether a contact lives.
        var isActive: Bool { lifetimeSeconds != 0 }
    }

    /// Makes the document.
    ///
    /// - Parameters:
    ///   - order: The address-of-record, and what has happened to its contacts.
    ///   - contacts: Its contacts as they are.
    ///   - hash: What temporary GRUUs of the address-of-record end with.
    ///   - version: The version of the document.
    ///   - now: The present time.
    /// - Returns: The document; nil when there is nothing to tell: no contact of this server's own.
    func report(
        _ order: PublicationBook.Order, _ contacts: [BindingCopy], hash: UInt64, version: Int,
        now: WallTime
    ) -> Report? {
        let own = contacts.filter { $0.maker != .reginfo && $0.isValid(now) }
        let ended = order.notes.filter { note in
            note.ended != nil && !own.contains { $0.ruid == note.ruid }
        }
        guard !own.isEmpty || !ended.isEmpty else { return nil }
        let presentity = presentity(order.key.aor)
        var registration = RegistrationInfo.Registration(
            aor: text(presentity),
            id: names.registration(table: order.key.table, aor: order.key.aor),
            state: own.isEmpty ? .terminated : .active)
        for contact in own {
            let event = order.notes.last { $0.ruid == contact.ruid }?.event
            registration.contacts.append(
                element(contact, event: current(event, contact), order.key.aor, hash, now))
        }
        for note in ended {
            guard let contact = note.ended else { continue }
            registration.contacts.append(
                element(contact, event: note.event, order.key.aor, hash, now))
        }
        return Report(
            presentity: presentity,
            info: RegistrationInfo(version: version, registrations: [registration]),
            lifetimeSeconds: lifetime(own, now))
    }

    /// The URI of an address-of-record.
    func presentity(_ aor: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.append("sip:")
        let split = aor.lastIndex(of: UInt8(ascii: "@"))
        let user = aor[..<(split ?? aor.endIndex)]
        if !user.isEmpty {
            EscapedText.writeEscaped(
                Array(user).span, isAllowed: URIBytes.isUserByte, into: &writer)
            writer.append(UInt8(ascii: "@"))
        }
        if let split {
            writer.append(Array(aor[(split + 1)...]))
        } else {
            writer.append(defaultDomain)
        }
        return Array(copying: writer.span)
    }

    // MARK: Contacts

    /// What a living contact is said to be: what has happened to it, or how it once began.
    private func current(
        _ event: RegistrationInfo.Contact.Event?, _ contact: BindingCopy
    ) -> RegistrationInfo.Contact.Event {
        if let event, event.leavesActive { return event }
        return contact.maker == .management ? .created : .registered
    }

    private func element(
        _ contact: BindingCopy, event: RegistrationInfo.Contact.Event, _ aor: [UInt8],
        _ hash: UInt64, _ now: WallTime
    ) -> RegistrationInfo.Contact {
        var element = RegistrationInfo.Contact(
            id: names.contact(aor: aor, ruid: contact.ruid), uri: text(contact.uri), event: event)
        if let expires = contact.values.expires {
            element.expiresSeconds = UInt64(max(0, expires.seconds - now.seconds))
        }
        if let q = contact.values.q { element.q = Self.decimal(thousandths: q) }
        element.callID = text(contact.callID)
        element.cseq = UInt64(contact.values.cseq)
        if !contact.received.isEmpty { element.received = text(contact.received) }
        if !contact.path.isEmpty { element.path = text(contact.path) }
        if !contact.userAgent.isEmpty { element.userAgent = text(contact.userAgent) }
        guard !contact.instance.isEmpty else { return element }
        let instance = text(contact.instance)
        let bracketed = instance.hasPrefix("<") ? instance : "<\(instance)>"
        element.parameters = [.init("+sip.instance", "\"\(bracketed)\"")]
        if contact.values.regID > 0 {
            element.parameters.append(.init("reg-id", String(contact.values.regID)))
        }
        if showsGRUUs { addGRUUs(contact, aor, hash, &element) }
        return element
    }

    /// The GRUUs as the registrar's replies have them (RFC 5627 5.3, RFC 5628 5).
    private func addGRUUs(
        _ contact: BindingCopy, _ aor: [UInt8], _ hash: UInt64,
        _ element: inout RegistrationInfo.Contact
    ) {
        let presentity = presentity(aor)
        var writer = ByteWriter(capacity: 128)
        writer.append(presentity)
        writer.append(";gr=")
        EscapedText.writeEscaped(
            withoutBrackets(contact.instance.span), isAllowed: Alphabet.uriParameter.contains,
            into: &writer)
        element.publicGRUU = String(copying: writer.span)
        writer.removeAll()
        writer.append("sip:")
        writer.append(contact.ruid)
        writer.append("-")
        writer.append(backwardHexadecimal: UInt32(truncatingIfNeeded: hash))
        writer.append("@")
        let host = presentity.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? 4
        writer.append(Array(presentity[host...]))
        writer.append(";gr")
        element.temporaryGRUU = String(copying: writer.span)
        // It has been the same since the contact was bound.
        element.firstCSeq = 1
    }

    // MARK: Numbers and texts

    private func lifetime(_ contacts: [BindingCopy], _ now: WallTime) -> Int? {
        var longest = 0
        for contact in contacts {
            guard let expires = contact.values.expires else { return nil }
            longest = max(longest, expires.seconds - now.seconds)
        }
        return longest
    }

    private static func decimal(thousandths: Int) -> String {
        let digits = String(thousandths % 1_000)
        let zeros = String(repeating: "0", count: 3 - digits.utf8.count)
        return "\(thousandths / 1_000).\(zeros)\(digits)"
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
