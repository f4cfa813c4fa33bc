internal import Basics
internal import CLibXML2

/// An element of a document, which it keeps alive.
@safe
struct XMLElement {
    /// The document it stands in.
    let document: XMLDocument
    /// The library's node; valid as long as the document, and always an element.
    let node: UnsafeMutablePointer<xmlNode>

    /// An element of a document.
    init(_ document: XMLDocument, _ node: UnsafeMutablePointer<xmlNode>) {
        self.document = document
        unsafe self.node = unsafe node
    }

    // MARK: Names

    /// The name without its prefix.
    var name: String { unsafe String(cString: node.pointee.name) }

    /// Whether the name without its prefix is this one.
    func isNamed(_ name: StaticString) -> Bool {
        unsafe Self.same(node.pointee.name, name)
    }

    /// Whether it belongs to a namespace.
    func isIn(_ namespace: StaticString) -> Bool {
        guard let own = unsafe node.pointee.ns else { return false }
        return unsafe Self.same(own.pointee.href, namespace)
    }

    /// Whether it belongs to any namespace.
    var hasNamespace: Bool { unsafe node.pointee.ns != nil }

    /// Whether it or an element in it belongs to no namespace.
    var holdsBare: Bool { !hasNamespace || children.contains { $0.holdsBare } }

    /// Whether it is an element of a vocabulary: in its namespace or, as publishers forget it, in
    /// none.
    func isOwn(_ name: StaticString, _ namespace: StaticString) -> Bool {
        isNamed(name) && (isIn(namespace) || !hasNamespace)
    }

    // MARK: Content

    /// The value of an attribute that belongs to no namespace, nil if there is none.
    func attribute(_ name: StaticString) -> String? {
        var next = unsafe node.pointee.properties
        while let attribute = unsafe next {
            if unsafe attribute.pointee.ns == nil && Self.same(attribute.pointee.name, name) {
                return unsafe Self.text(of: attribute.pointee.children)
            }
            unsafe next = unsafe attribute.pointee.next
        }
        return nil
    }

    /// The text that stands directly in it, without white space around.
    var text: String {
        let whole = unsafe Self.text(of: node.pointee.children)
        guard let first = whole.firstIndex(where: { !$0.isWhitespace }),
            let last = whole.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(whole[first...last])
    }

    /// The line it stands on.
    var line: Int { unsafe Int(node.pointee.line) }

    // MARK: Children

    /// The elements directly in it.
    var children: Children { unsafe Children(document: document, next: node.pointee.children) }

    /// The first child of a name, whatever its namespace.
    func child(_ name: StaticString) -> XMLElement? {
        children.first { $0.isNamed(name) }
    }

    /// The first element of a name at any depth, itself included, in the document's order.
    func first(_ name: StaticString) -> XMLElement? {
        if isNamed(name) { return self }
        for child in children {
            if let found = child.first(name) { return found }
        }
        return nil
    }

    /// The first element at any depth whose name is this text.
    func first(named name: String) -> XMLElement? {
        if self.name == name { return self }
        for child in children {
            if let found = child.first(named: name) { return found }
        }
        return nil
    }

    /// The elements that follow a node, without text and comments between them.
    @safe
    struct Children: Sequence, IteratorProtocol {
        /// The document that they stand in.
        let document: XMLDocument
        fileprivate var place: UnsafeMutablePointer<xmlNode>?

        /// The elements from a node on.
        init(document: XMLDocument, next: UnsafeMutablePointer<xmlNode>?) {
            self.document = document
            unsafe place = unsafe next
        }

        /// The next element, nil behind the last.
        mutating func next() -> XMLElement? {
            while let node = unsafe place {
                unsafe place = unsafe node.pointee.next
                if unsafe node.pointee.type == XML_ELEMENT_NODE {
                    return unsafe XMLElement(document, node)
                }
            }
            return nil
        }
    }

    // MARK: The library's strings

    /// Whether a string of the library is this text.
    static func same(_ string: UnsafePointer<UInt8>?, _ text: StaticString) -> Bool {
        guard let string = unsafe string else { return false }
        let length = text.utf8CodeUnitCount
        let literal = unsafe text.utf8Start
        for place in 0..<length where unsafe string[place] != literal[place] { return false }
        return unsafe string[length] == 0
    }

    /// The text of nodes that follow each other.
    private static func text(of first: UnsafeMutablePointer<xmlNode>?) -> String {
        var text = ""
        var next = unsafe first
        while let node = unsafe next {
            let type = unsafe node.pointee.type
            if type == XML_TEXT_NODE || type == XML_CDATA_SECTION_NODE,
                let content = unsafe node.pointee.content
            {
                text += unsafe String(cString: content)
            }
            unsafe next = unsafe node.pointee.next
        }
        return text
    }
}
