internal import Basics
internal import CLibXML2

/// A document that libxml2 has read; it frees the tree when nobody holds it any more.
///
/// It is read once and never changed, so elements may be handed about as long as they hold it.
@safe
final class XMLDocument {
    private let tree: UnsafeMutablePointer<xmlDoc>
    private let top: UnsafeMutablePointer<xmlNode>

    /// Reads a document.
    ///
    /// - Throws: `tooLarge` beyond the bounds of `Limits`, `unsupported` for a document type or an
    ///   unknown encoding, `malformed` for what is not well-formed.
    init(_ bytes: Span<UInt8>, _ bounds: XMLBounds = .published) throws(DocumentError) {
        _ = try XMLOutline(bytes, bounds)
        guard XMLLibrary.isReady, let context = unsafe xmlNewParserCtxt() else {
            throw DocumentError(.tooLarge, "no memory")
        }
        defer { unsafe xmlFreeParserCtxt(context) }
        // No entities are replaced, no document type is loaded, nothing is fetched, and what is
        // wrong is told to the caller only. CDATA becomes text, so that there is one kind of text.
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue
            | XML_PARSE_NOWARNING.rawValue | XML_PARSE_NOCDATA.rawValue
        unsafe context.pointee.sax.pointee.internalSubset = { context, _, _, _ in
            unsafe xmlStopParser(context?.assumingMemoryBound(to: xmlParserCtxt.self))
        }
        let read = unsafe bytes.withUnsafeBytes { raw in
            unsafe xmlCtxtReadMemory(
                context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count),
                nil, nil, Int32(bitPattern: options))
        }
        guard let read = unsafe read else { throw unsafe Self.failure(of: context) }
        guard let top = unsafe xmlDocGetRootElement(read) else {
            unsafe xmlFreeDoc(read)
            throw DocumentError(.malformed, "there is no element")
        }
        unsafe tree = read
        unsafe self.top = unsafe top
    }

    deinit { unsafe xmlFreeDoc(tree) }

    /// The root element.
    var root: XMLElement { unsafe XMLElement(self, top) }

    /// What libxml2 says of a document that it could not read.
    private static func failure(
        of context: UnsafeMutablePointer<xmlParserCtxt>
    ) -> DocumentError {
        let error = unsafe context.pointee.lastError
        guard let message = unsafe error.message else {
            return DocumentError(.malformed, "it is not well-formed")
        }
        var words = unsafe String(cString: message)
        while words.last?.isWhitespace == true { words.removeLast() }
        return unsafe DocumentError(.malformed, words, line: max(Int(error.line), 0))
    }
}
