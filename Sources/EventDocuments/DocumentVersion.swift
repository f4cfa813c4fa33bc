internal import Basics

/// Rewrites the version of a document that is about to be published.
public enum DocumentVersion {
    /// A document whose root has the version given.
    ///
    /// - Parameters:
    ///   - bytes: the document; its other bytes stay as they are
    ///   - root: the name of the root element, without a prefix
    ///   - version: the version, which takes the place of the one that is there
    /// - Returns: nil when the root is not of that name.
    public static func numbered(
        _ bytes: Span<UInt8>, root: StaticString, version: Int
    ) -> [UInt8]? {
        guard let tag = RootTag(bytes), bytes.part(tag.name).equals(root) else { return nil }
        var writer = ByteWriter(capacity: bytes.count + 24)
        if let place = tag.value(of: "version", in: bytes) {
            writer.append(bytes.extracting(..<place.start))
            writer.append(decimal: max(version, 0))
            writer.append(bytes.extracting(place.end...))
        } else {
            writer.append(bytes.extracting(..<tag.name.end))
            writer.append(" version=\"")
            writer.append(decimal: max(version, 0))
            writer.append("\"")
            writer.append(bytes.extracting(tag.name.end...))
        }
        return Array(copying: writer.span)
    }
}
