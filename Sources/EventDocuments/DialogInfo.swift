internal import Basics

/// Dialog information (RFC 4235): the calls of a user agent.
///
/// Dialogs pass as they were published; only their ids and states are read.
public enum DialogInfo {
    /// The media type of dialog information.
    public static let contentType = "application/dialog-info+xml"
    /// Namespace of RFC 4235.
    static let namespace: StaticString = "urn:ietf:params:xml:ns:dialog-info"

    /// What a published document says.
    public struct Facts: Sendable, Hashable {
        /// The ids of its dialogs, in order.
        public var dialogIDs: [String] = []
        /// Whether it names dialogs and all of them have ended.
        public var isTerminated = false
        /// Whether it holds a dialog at all.
        public var hasDialog: Bool { !dialogIDs.isEmpty }
    }

    /// Checks what a stranger publishes, and says what is in it.
    ///
    /// - Throws: what is wrong; the answer is 415.
    public static func check(_ body: Span<UInt8>) throws(DocumentError) -> Facts {
        let root = try XMLDocument(body).root
        let dialogs = root.children.filter { $0.isNamed("dialog") }
        return Facts(
            dialogIDs: dialogs.map { $0.attribute("id") ?? "" },
            isTerminated: !dialogs.isEmpty && dialogs.allSatisfy { state(of: $0) == .terminated })
    }

    /// How far a call is (RFC 4235 3.7.1), in the order in which one is shown instead of others.
    ///
    /// A call that rings asks for somebody, so it goes before one that is being held.
    public enum State: Int, Sendable, Hashable, CaseIterable, Comparable {
        /// A document names a state that is none.
        case unknown
        /// It has ended.
        case terminated
        /// The first request is under way.
        case trying
        /// There was a provisional reply without a tag.
        case proceeding
        /// It is answered.
        case confirmed
        /// It rings.
        case early

        /// Whether one state yields to another.
        public static func < (one: State, two: State) -> Bool { one.rawValue < two.rawValue }
    }

    /// How far the call of an element `dialog` is.
    static func state(of dialog: XMLElement) -> State {
        switch dialog.child("state")?.text.lowercased() {
        case "terminated": .terminated
        case "trying": .trying
        case "proceeding": .proceeding
        case "confirmed": .confirmed
        case "early": .early
        default: .unknown
        }
    }

    /// What is shown of a presentity without calls (`force_dummy_dialog`): one that has ended.
    public static func dummy(of presentity: String) -> VersionedDocument {
        var writer = begin(entity: presentity, scope: ["": "\(namespace)"])
        writer.open("dialog")
        writer.attribute("id", "dummy")
        writer.attribute("direction", "recipient")
        writer.element("state", "terminated")
        writer.close("dialog")
        writer.close("dialog-info")
        return writer.finishVersioned()
    }

    /// A document up to its first dialog; state is always full.
    static func begin(entity: String, scope: NamespaceScope) -> XMLWriter {
        var writer = XMLWriter()
        writer.open("dialog-info")
        for (prefix, namespace) in scope.sorted(by: { $0.key < $1.key }) {
            writer.declare(prefix: prefix, namespace)
        }
        writer.version(0)
        writer.attribute("state", "full")
        writer.attribute("entity", entity)
        return writer
    }
}
