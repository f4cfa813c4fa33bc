internal import Basics

extension RegistrationInfo {
    /// Checks what a stranger publishes; it need only be well-formed and within the bounds.
    ///
    /// - Throws: what is wrong; the answer is 415.
    public static func check(_ body: Span<UInt8>) throws(DocumentError) {
        _ = try XMLDocument(body)
    }

    /// Reads a document.
    ///
    /// Kamailio writes attributes that the schema does not have (`received`, `path`,
    /// `user_agent`); they are taken. Registrations without an address-of-record and contacts
    /// without a URI or without any id say nothing and are passed over.
    /// - Throws: `malformed` for what is no registration information.
    public init(parsing bytes: Span<UInt8>) throws(DocumentError) {
        let root = try XMLDocument(bytes).root
        guard root.isOwn("reginfo", Self.namespace) else {
            throw DocumentError(.malformed, "the root is \(root.name)", line: root.line)
        }
        version = root.attribute("version").flatMap { Int($0) } ?? 0
        isFull = root.attribute("state")?.lowercased() != "partial"
        registrations = root.children.filter { $0.isNamed("registration") }
            .compactMap(Registration.init)
    }
}

extension RegistrationInfo.Registration {
    fileprivate init?(_ element: XMLElement) {
        guard let aor = element.attribute("aor"), !aor.isEmpty else { return nil }
        self.aor = aor
        id = element.attribute("id") ?? aor
        state = element.attribute("state").flatMap { State(rawValue: $0.lowercased()) }
        contacts = element.children.filter { $0.isNamed("contact") }
            .compactMap(RegistrationInfo.Contact.init)
    }
}

extension RegistrationInfo.Contact {
    fileprivate init?(_ element: XMLElement) {
        let callID = element.attribute("callid")
        guard let uri = element.child("uri")?.text, !uri.isEmpty,
            let id = element.attribute("id") ?? callID
        else { return nil }
        let event = element.attribute("event").flatMap { Event(rawValue: $0.lowercased()) }
        self.init(id: id, uri: uri, event: event)
        self.callID = callID
        if let state = element.attribute("state")?.lowercased() { isActive = state == "active" }
        readNumbers(element)
        q = element.attribute("q")
        displayName = element.child("display-name")?.text
        parameters = element.children.filter { $0.isNamed("unknown-param") }.compactMap { child in
            child.attribute("name").map { Parameter($0, child.text) }
        }
        readExtensions(element)
    }

    private mutating func readNumbers(_ element: XMLElement) {
        expiresSeconds = element.attribute("expires").flatMap { UInt64($0) }
        registeredSeconds = element.attribute("duration-registered").flatMap { UInt64($0) }
        retryAfterSeconds = element.attribute("retry-after").flatMap { UInt64($0) }
        cseq = element.attribute("cseq").flatMap { UInt64($0) }
    }

    /// Reads what stands in foreign elements here and in attributes at Kamailio.
    private mutating func readExtensions(_ element: XMLElement) {
        func value(_ child: StaticString, _ attribute: StaticString) -> String? {
            let text =
                element.children.first {
                    $0.isNamed(child) && $0.isIn(RegistrationInfo.ownNamespace)
                }?.text ?? element.attribute(attribute)
            return text?.isEmpty == true ? nil : text
        }
        received = value("received", "received")
        path = value("path", "path")
        userAgent = value("user-agent", "user_agent")
        for child in element.children where child.isIn(RegistrationInfo.gruuNamespace) {
            if child.isNamed("pub-gruu") { publicGRUU = child.attribute("uri") }
            guard child.isNamed("temp-gruu") else { continue }
            temporaryGRUU = child.attribute("uri")
            firstCSeq = child.attribute("first-cseq").flatMap { UInt64($0) }
        }
    }
}
