internal import Basics

/// A select taken apart: `via[1].host` is a name, an index and a name.
struct SelectPath: Sendable, Hashable {
    /// One piece of it.
    enum Part: Sendable, Hashable {
        /// A name between dots.
        case name(String)
        /// A number in brackets.
        case index(Int)
        /// A string in brackets: `header["X-Foo"]`.
        case key(String)
    }

    /// The pieces in order; the first is a name.
    let parts: ArraySlice<Part>
    /// The whole select, for messages.
    let text: String

    /// Takes a select apart; nil when the text has another form.
    init?(_ text: String) {
        var parts: [Part] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix("[") {
                guard let close = rest.firstIndex(of: "]"), !parts.isEmpty else { return nil }
                let inner = rest[rest.index(after: rest.startIndex)..<close]
                guard let part = Self.bracketed(inner) else { return nil }
                parts.append(part)
                rest = rest[rest.index(after: close)...]
            } else {
                if !parts.isEmpty {
                    guard rest.hasPrefix(".") else { return nil }
                    rest = rest.dropFirst()
                }
                let name = rest.prefix { $0.isASCII && Byte.continuesName($0.asciiValue ?? 0) }
                guard !name.isEmpty else { return nil }
                parts.append(.name(String(name)))
                rest = rest.dropFirst(name.count)
            }
        }
        guard !parts.isEmpty else { return nil }
        self.parts = parts[...]
        self.text = text
    }

    /// The rest of a path behind its first pieces.
    private init(_ parts: ArraySlice<Part>, of text: String) {
        self.parts = parts
        self.text = text
    }

    /// What stands in brackets: a number, or a string with its quotes.
    private static func bracketed(_ text: Substring) -> Part? {
        if let number = Int(text) { return .index(number) }
        guard text.count > 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return nil }
        return .key(String(text.dropFirst().dropLast()))
    }

    /// The name that comes first, nil when none does.
    var name: String? {
        if case .name(let name)? = parts.first { return name }
        return nil
    }

    /// The index that comes first, nil when none does.
    var index: Int? {
        if case .index(let number)? = parts.first { return number }
        return nil
    }

    /// What is behind the first piece.
    var rest: SelectPath { SelectPath(parts.dropFirst(), of: text) }

    /// Whether nothing is left.
    var isEmpty: Bool { parts.isEmpty }
}
