import Basics

/// A reply as a phone reads it, together with what `save` returned to the script.
struct SIPReply {
    /// The status, 0 when nothing was sent.
    var status = 0
    /// The reason phrase.
    var reason = ""
    /// The header fields in order, names as they were written.
    var fields: [(name: String, value: String)] = []
    /// The value of the route: that of its last function.
    var code = 0
    /// How many messages were sent.
    var count = 0

    /// The value of a header field, nil without one.
    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
    /// How many header fields have a name.
    func occurrences(of name: String) -> Int {
        fields.count { $0.name.lowercased() == name.lowercased() }
    }
    /// The value of Contact, "" without one.
    var contact: String { self["Contact"] ?? "" }
    /// The values of Contact one by one.
    var contacts: [String] {
        contact.split(separator: ", <").enumerated().map { $0 == 0 ? "\($1)" : "<\($1)" }
    }
    /// What P-Registrar-Error says, nil without one.
    var failure: String? { self["P-Registrar-Error"] }

    /// Nothing.
    init() {}

    /// Reads a reply; it must be well-formed to the last line end.
    init(_ text: String) {
        count = 1
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let head = lines[0].split(separator: " ", maxSplits: 2)
        status = head.count > 1 ? Int(head[1]) ?? 0 : 0
        reason = head.count > 2 ? String(head[2]) : ""
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else {
                fields.append(("malformed line", String(line)))
                continue
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields.append((String(line[..<colon]), String(value)))
        }
    }
}
