internal import Basics
internal import CLibXML2
internal import Glibc

/// Prefixes and the namespaces that they stand for; the empty prefix is the default one.
typealias NamespaceScope = [String: String]

extension XMLElement {
    /// The namespaces that this element declares.
    var declared: NamespaceScope {
        var scope = NamespaceScope()
        var next = unsafe node.pointee.nsDef
        while let declaration = unsafe next {
            let prefix = unsafe Self.string(declaration.pointee.prefix)
            scope[prefix] = unsafe Self.string(declaration.pointee.href)
            unsafe next = unsafe declaration.pointee.next
        }
        return scope
    }

    private static func string(_ string: UnsafePointer<UInt8>?) -> String {
        guard let string = unsafe string else { return "" }
        return unsafe String(cString: string)
    }
}

/// Copying elements of other documents, so that every name means there what it meant here.
extension XMLWriter {
    /// Copies a child of another document's root with all that it holds.
    ///
    /// What the other root declares and the open element does not is declared anew. Comments and
    /// processing instructions are left behind.
    /// - Parameters:
    ///   - element: a child of the other document's root
    ///   - source: what that root declares
    ///   - scope: what holds where the copy goes
    mutating func copy(
        _ element: XMLElement, from source: NamespaceScope, into scope: NamespaceScope
    ) {
        let own = element.declared
        var missing = source.filter { own[$0.key] == nil && scope[$0.key] != $0.value }
        // An element without namespace stays without, unless its whole document forgot it.
        if source[""] == nil, own[""] == nil, scope[""] != nil, !source.isEmpty,
            element.holdsBare
        {
            missing[""] = ""
        }
        unsafe write(element.node, missing.sorted { $0.key < $1.key })
    }

    private mutating func write(
        _ node: UnsafeMutablePointer<xmlNode>, _ missing: [(key: String, value: String)] = []
    ) {
        let prefix = unsafe Self.span(node.pointee.ns?.pointee.prefix)
        let name = unsafe Self.span(node.pointee.name)
        open(prefix: prefix, name)
        for (prefix, namespace) in missing { declare(prefix: prefix, namespace) }
        unsafe writeDeclarations(node)
        unsafe writeAttributes(node)
        var next = unsafe node.pointee.children
        while let child = unsafe next {
            switch unsafe child.pointee.type {
            case XML_ELEMENT_NODE: unsafe write(child)
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                endTag()
                unsafe escape(Self.span(child.pointee.content), isQuoted: false)
            default: break
            }
            unsafe next = unsafe child.pointee.next
        }
        close(prefix: prefix, name)
    }

    /// The attribute that declares a namespace.
    private static let declaration: StaticString = "xmlns"

    private mutating func writeDeclarations(_ node: UnsafeMutablePointer<xmlNode>) {
        var next = unsafe node.pointee.nsDef
        while let declaration = unsafe next {
            if let prefix = unsafe declaration.pointee.prefix {
                unsafe begin(prefix: Self.declaration.literalSpan, Self.span(prefix))
            } else {
                begin(prefix: Span(), Self.declaration.literalSpan)
            }
            unsafe escape(Self.span(declaration.pointee.href), isQuoted: true)
            bytes.append(UInt8(ascii: "\""))
            unsafe next = unsafe declaration.pointee.next
        }
    }

    private mutating func writeAttributes(_ node: UnsafeMutablePointer<xmlNode>) {
        var next = unsafe node.pointee.properties
        while let attribute = unsafe next {
            let prefix = unsafe Self.span(attribute.pointee.ns?.pointee.prefix)
            unsafe begin(prefix: prefix, Self.span(attribute.pointee.name))
            var text = unsafe attribute.pointee.children
            while let part = unsafe text {
                unsafe escape(Self.span(part.pointee.content), isQuoted: true)
                unsafe text = unsafe part.pointee.next
            }
            bytes.append(UInt8(ascii: "\""))
            unsafe next = unsafe attribute.pointee.next
        }
    }

    /// The bytes of a string of the library, which lives as long as its document.
    @_lifetime(immortal)
    private static func span(_ string: UnsafePointer<UInt8>?) -> Span<UInt8> {
        guard let string = unsafe string else { return Span() }
        let length = unsafe strlen(UnsafeRawPointer(string).assumingMemoryBound(to: CChar.self))
        let span = unsafe Span(_unsafeStart: string, count: length)
        return unsafe _overrideLifetime(span, copying: ())
    }
}

extension StaticString {
    /// The bytes of a literal.
    fileprivate var literalSpan: Span<UInt8> {
        @_lifetime(immortal)
        get {
            let span = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
            return unsafe _overrideLifetime(span, copying: ())
        }
    }
}
