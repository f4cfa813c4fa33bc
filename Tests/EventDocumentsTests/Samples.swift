@testable import EventDocuments

/// Documents that tests begin with.
enum Samples {
    /// A presence document; what goes into it is given.
    static func presence(_ inner: String, root: String = "") -> [UInt8] {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:alice@example.com"\(root)>\
        \(inner)</presence>
        """.bytes
    }

    /// A tuple.
    static func tuple(_ id: String, _ basic: String, _ more: String = "") -> String {
        "<tuple id=\"\(id)\"><status><basic>\(basic)</basic></status>\(more)</tuple>"
    }

    /// A document of dialogs, each an id and a state.
    static func dialogs(_ dialogs: (id: String, state: String)..., version: Int = 7) -> [UInt8] {
        let inner = dialogs.map { dialog in
            """
            <dialog id="\(dialog.id)" direction="initiator"><state>\(dialog.state)</state></dialog>
            """
        }
        return """
            <?xml version="1.0"?>
            <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="\(version)" \
            state="full" entity="sip:alice@example.com">\(inner.joined())</dialog-info>
            """.bytes
    }

    /// A document of rules.
    static func rules(_ inner: String) -> [UInt8] {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <cr:ruleset xmlns="urn:ietf:params:xml:ns:pres-rules"
            xmlns:pr="urn:ietf:params:xml:ns:pres-rules"
            xmlns:cr="urn:ietf:params:xml:ns:common-policy"
            xmlns:ocp="urn:oma:xml:xdm:common-policy">\(inner)</cr:ruleset>
        """.bytes
    }

    /// A rule with conditions and a permission.
    static func rule(_ conditions: String, _ handling: String) -> String {
        """
        <cr:rule id="r"><cr:conditions>\(conditions)</cr:conditions>
        <cr:actions><pr:sub-handling>\(handling)</pr:sub-handling></cr:actions>
        <cr:transformations><pr:provide-services><pr:all-services/></pr:provide-services>
        </cr:transformations></cr:rule>
        """
    }
}
