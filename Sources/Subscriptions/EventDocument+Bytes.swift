public import Basics

extension EventDocument {
    /// Appends the document as somebody sees it who does not subscribe, with version 0.
    ///
    /// Nothing is appended where there is no document.
    public func write(into writer: inout ByteWriter) {
        if let body = made.body { return writer.append(body.span) }
        guard let composed = made.composed else { return }
        let bytes = composed.bytes.span
        guard let place = composed.versionPlace else { return writer.append(bytes) }
        writer.append(bytes.extracting(0..<place.lowerBound))
        writer.append(decimal: 0)
        writer.append(bytes.extracting(place.upperBound..<bytes.count))
    }
}
