internal import Basics

extension RegistrationInfo {
    /// The document, valid by the schema of RFC 3680 8; its version can be replaced.
    ///
    /// What the schema has no attribute for stands in elements of a namespace of its own, which it
    /// allows at the end of a contact.
    public func document() -> VersionedDocument {
        var writer = XMLWriter(capacity: 1_024)
        writer.open("reginfo")
        writer.attribute("xmlns", "\(Self.namespace)")
        if uses(\.publicGRUU) || uses(\.temporaryGRUU) {
            writer.attribute("xmlns:gr", "\(Self.gruuNamespace)")
        }
        if uses(\.received) || uses(\.path) || uses(\.userAgent) {
            writer.attribute("xmlns:r", "\(Self.ownNamespace)")
        }
        writer.version(version)
        writer.attribute("state", isFull ? "full" : "partial")
        for registration in registrations { Self.write(registration, &writer) }
        writer.close("reginfo")
        return writer.finishVersioned()
    }

    private func uses(_ field: KeyPath<Contact, String?>) -> Bool {
        registrations.contains { $0.contacts.contains { $0[keyPath: field] != nil } }
    }

    private static func write(_ registration: Registration, _ writer: inout XMLWriter) {
        writer.open("registration")
        writer.attribute("aor", registration.aor)
        writer.attribute("id", registration.id)
        writer.attribute("state", (registration.state ?? .initial).rawValue)
        for contact in registration.contacts { write(contact, &writer) }
        writer.close("registration")
    }

    private static func write(_ contact: Contact, _ writer: inout XMLWriter) {
        writer.open("contact")
        writer.attribute("id", contact.id)
        writer.attribute("state", contact.isActive ? "active" : "terminated")
        // A document read may name an event of no known kind; the state says what is left of it.
        let event = contact.event ?? (contact.isActive ? .registered : .unregistered)
        writer.attribute("event", event.rawValue)
        writer.attribute("duration-registered", decimal: contact.registeredSeconds)
        writer.attribute("expires", decimal: contact.expiresSeconds)
        writer.attribute("retry-after", decimal: contact.retryAfterSeconds)
        writer.attribute("q", optional: contact.q)
        writer.attribute("callid", optional: contact.callID)
        writer.attribute("cseq", decimal: contact.cseq)
        writer.element("uri", contact.uri)
        if let name = contact.displayName { writer.element("display-name", name) }
        for parameter in contact.parameters {
            writer.open("unknown-param")
            writer.attribute("name", parameter.name)
            writer.text(parameter.value)
            writer.close("unknown-param")
        }
        writeExtensions(contact, &writer)
        writer.close("contact")
    }

    private static func writeExtensions(_ contact: Contact, _ writer: inout XMLWriter) {
        if let gruu = contact.publicGRUU {
            writer.open("gr:pub-gruu")
            writer.attribute("uri", gruu)
            writer.close("gr:pub-gruu")
        }
        if let gruu = contact.temporaryGRUU {
            writer.open("gr:temp-gruu")
            writer.attribute("uri", gruu)
            writer.attribute("first-cseq", decimal: contact.firstCSeq ?? contact.cseq ?? 0)
            writer.close("gr:temp-gruu")
        }
        if let received = contact.received { writer.element("r:received", received) }
        if let path = contact.path { writer.element("r:path", path) }
        if let agent = contact.userAgent { writer.element("r:user-agent", agent) }
    }
}
