internal import Basics

/// Presence documents (RFC 3863), with the data model of RFC 4479 and whatever else stands in them.
///
/// Nothing that a publisher wrote is understood beyond what merging asks for: elements of other
/// namespaces, timestamps and notes pass as they are.
public enum PIDF {
    /// The media type of presence documents.
    public static let contentType = "application/pidf+xml"
    /// Namespace of RFC 3863.
    static let namespace: StaticString = "urn:ietf:params:xml:ns:pidf"
    /// Namespace of persons and devices (RFC 4479).
    static let dataModel: StaticString = "urn:ietf:params:xml:ns:pidf:data-model"
    /// Namespace of activities and spheres (RFC 4480).
    static let rich: StaticString = "urn:ietf:params:xml:ns:pidf:rpid"

    /// Checks what a stranger publishes.
    ///
    /// It must be well-formed and within the bounds. That the root is `presence` in the right
    /// namespace is not asked for: phones get it wrong, and other servers take what they send.
    /// - Throws: what is wrong; the answer is 415.
    public static func check(_ body: Span<UInt8>) throws(DocumentError) {
        _ = try XMLDocument(body)
    }

    /// Whether the root of a document is `presence`: what is not cannot be shown to watchers.
    public static func isPresence(_ body: Span<UInt8>) -> Bool {
        guard let root = RootTag(body) else { return false }
        return body.part(root.name).equals("presence")
    }

    /// The URI of a presentity as an `entity` names it (RFC 3859: scheme `pres`).
    ///
    /// - Parameter presentity: a SIP URI or an address-of-record without scheme
    /// - Returns: the URI, `pres:alice@example.com`; that of another scheme as it is
    public static func entity(of presentity: String) -> String {
        guard let colon = presentity.firstIndex(of: ":") else { return "pres:\(presentity)" }
        switch presentity[..<colon] {
        case "sip", "sips": return "pres:\(presentity[presentity.index(after: colon)...])"
        default: return presentity
        }
    }

    /// What is shown of a presentity that published nothing (`force_dummy_presence`).
    ///
    /// Kamailio 5.6.3 shows an open tuple with the note `Available`; phones that need a body to
    /// show anything at all are configured for that.
    public static func dummy(of presentity: String) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("presence")
        writer.attribute("xmlns", "\(namespace)")
        writer.attribute("xmlns:dm", "\(dataModel)")
        writer.attribute("xmlns:rpid", "\(rich)")
        writer.attribute("entity", entity(of: presentity))
        writer.open("tuple")
        writer.attribute("id", "dummy")
        writer.open("status")
        writer.element("basic", "open")
        writer.close("status")
        writer.close("tuple")
        writer.element("note", "Available")
        writer.open("dm:person")
        writer.attribute("id", "person")
        writer.open("rpid:activities")
        writer.close("rpid:activities")
        writer.element("dm:note", "Available")
        writer.close("dm:person")
        writer.close("presence")
        return writer.finish()
    }

    /// The document of somebody who can be reached; its tuple gets an id when it is published.
    public static func open(entity: String) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("presence")
        writer.attribute("xmlns", "\(namespace)")
        writer.attribute("entity", entity)
        writer.open("tuple")
        writer.open("status")
        writer.element("basic", "open")
        writer.close("status")
        writer.close("tuple")
        writer.close("presence")
        return writer.finish()
    }

    /// Where a presentity says it is (RFC 4480 3.10), for the condition `sphere` of rules.
    ///
    /// The value is the name of the element in `sphere`, as in `<sphere><work/></sphere>`, or the
    /// text of older publishers. Nil where the document says nothing or cannot be read.
    public static func sphere(of body: Span<UInt8>) -> String? {
        guard let root = try? XMLDocument(body).root, let sphere = root.first("sphere") else {
            return nil
        }
        if let value = sphere.children.first(where: { !$0.isNamed("note") }) { return value.name }
        let text = sphere.text
        return text.isEmpty ? nil : text
    }

    /// Whether a document of a presentity has an open tuple, or a closed one.
    ///
    /// For `pres_check_basic`: the statuses of all tuples, in order.
    public static func statuses(of body: Span<UInt8>) -> [String] {
        guard let root = try? XMLDocument(body).root else { return [] }
        return root.children.filter { $0.isNamed("tuple") }.compactMap { tuple in
            tuple.child("status")?.child("basic")?.text
        }
    }

    /// The activities of the persons of a document (RFC 4480 3.2): `on-the-phone`, `away`.
    ///
    /// For `pres_check_activities`.
    public static func activities(of body: Span<UInt8>) -> [String] {
        guard let root = try? XMLDocument(body).root else { return [] }
        return root.children.filter { $0.isNamed("person") }.flatMap { person in
            person.children.filter { $0.isNamed("activities") }.flatMap { $0.children.map(\.name) }
        }
    }
}
