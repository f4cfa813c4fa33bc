internal import Basics

/// The ids of tuples and persons of a document that is about to be published.
extension PIDF {
    /// A document whose tuples and persons all have an id (RFC 3863 4.1.2, RFC 4479 3.1).
    ///
    /// Ids that are there stay. The first tuple without one gets the id given, the next one the
    /// same with a number: a tuple that keeps its id from document to document is the same tuple
    /// to a watcher, and one that does not is a new one.
    /// - Parameters:
    ///   - bytes: the document
    ///   - id: the id, letters and digits
    /// - Returns: the document and the id of its first tuple; nil when it is not well-formed or has
    ///   no tuple.
    public static func identified(
        _ bytes: Span<UInt8>, id: [UInt8]
    ) -> (bytes: [UInt8], tupleID: [UInt8])? {
        do throws(DocumentError) { try check(bytes) } catch { return nil }
        var writer = ByteWriter(capacity: bytes.count + 64)
        var cursor = Cursor(bytes)
        var written = 0
        var given = 0
        var first: [UInt8]?
        while cursor.seek(UInt8(ascii: "<")) {
            guard let tag = RootTag.next(&cursor) else { continue }
            let isTuple = bytes.part(tag.name).equals("tuple")
            guard isTuple || bytes.part(tag.name).equals("person") else { continue }
            var own = tag.value(of: "id", in: bytes).map { Array(copying: bytes.part($0)) }
            if own == nil {
                var made = id
                if given > 0 { made += Array("-\(given)".utf8) }
                given += 1
                writer.append(bytes.extracting(written..<tag.name.end))
                writer.append(" id=\"")
                writer.append(made)
                writer.append("\"")
                written = tag.name.end
                own = made
            }
            if isTuple, first == nil { first = own }
        }
        guard let first else { return nil }
        writer.append(bytes.extracting(written...))
        return (Array(copying: writer.span), first)
    }
}
