public import Basics

/// A document that is the same for every watcher but for the version in its root.
///
/// Versions count per subscription (RFC 4235 4.3, RFC 3680 5.2), while the document is composed
/// once for all: what is sent is what stands before the number, the number, and what stands behind.
public struct VersionedDocument: Sendable, Hashable {
    /// The document with some version or none.
    public let bytes: [UInt8]
    /// Where the version stands; nil where the kind of document has none.
    public let version: ByteRange?

    /// A document without version, sent as it is.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        version = nil
    }

    /// A document whose version stands at a place.
    public init(_ bytes: [UInt8], version: ByteRange) {
        precondition(version.end <= bytes.count, "the version lies behind the document")
        self.bytes = bytes
        self.version = version
    }

    /// Appends the document as one watcher gets it.
    public func write(version number: Int, into writer: inout ByteWriter) {
        guard let version else { return writer.append(bytes) }
        writer.append(bytes.span.extracting(..<version.start))
        writer.append(decimal: max(number, 0))
        writer.append(bytes.span.extracting(version.end...))
    }

    /// The document as one watcher gets it.
    public func bytes(version number: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: bytes.count + 16)
        write(version: number, into: &writer)
        return Array(copying: writer.span)
    }
}
