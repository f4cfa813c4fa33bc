/// Which of several documents says most (`force_presence_single_body`).
///
/// Some phones cannot read a document with more than one tuple. They are shown the one document
/// that ranks highest by the text of one of its elements.
public struct PresenceRanking: Sendable, Hashable {
    /// Texts from the least to the most important.
    public let texts: [String]
    /// Name of the element whose text is looked up, without prefix.
    public let element: String

    /// A ranking as the parameters give it.
    ///
    /// - Parameters:
    ///   - priorities: texts separated by bars, the least important first
    ///   - element: the element's name (`presence_single_body_lookup_element`)
    public init(priorities: String, element: String) {
        texts = priorities.split(separator: "|").map { text in
            String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        self.element = element
    }

    /// The document that ranks highest; of equals the one published last.
    ///
    /// - Parameter documents: what is published, the oldest first
    /// - Returns: its index; nil where no document can be read as presence
    public func best(of documents: [[UInt8]]) -> Int? {
        var best: (index: Int, rank: Int)?
        for index in documents.indices {
            guard let rank = rank(documents[index]) else { continue }
            if rank >= best?.rank ?? Int.min { best = (index, rank) }
        }
        return best?.index
    }

    /// The rank of a document, -1 where its text is not in the list.
    private func rank(_ document: [UInt8]) -> Int? {
        guard let root = try? XMLDocument(document.span).root, root.isNamed("presence") else {
            return nil
        }
        guard let text = root.first(named: element)?.text else { return -1 }
        return texts.firstIndex(of: text) ?? -1
    }
}
