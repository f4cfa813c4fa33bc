internal import Basics
internal import ModuleKit

/// The name of a structured attribute: `root[i]=>key[j]`.
struct StructuredPath: Sendable, Hashable {
    /// Which of several values of a name is meant.
    enum Place: Sendable, Hashable {
        /// Nothing is written: the newest when it is read, a new one when it is written.
        case unsaid
        /// One of them; 0 is the newest, a negative one counts from the oldest.
        case number(Int)
        /// `[*]`: all of them.
        case all

        /// The place to look at.
        var number: Int {
            if case .number(let number) = self { return number }
            return 0
        }
    }
    /// One name with its place.
    struct Part: Sendable, Hashable {
        /// The name.
        var name: [UInt8]
        /// Which of its values.
        var place: Place
    }
    /// The root.
    var root: Part
    /// The attribute of the root, nil when the root itself is meant.
    var key: Part?

    /// Reads a name; nil when it is none.
    init?(_ text: [UInt8]) {
        let arrow = text.indices.dropLast().first { place in
            text[place] == UInt8(ascii: "=") && text[place + 1] == UInt8(ascii: ">")
        }
        guard let root = Self.part(text[..<(arrow ?? text.endIndex)]) else { return nil }
        self.root = root
        guard let arrow else { return }
        guard let key = Self.part(text[(arrow + 2)...]) else { return nil }
        self.key = key
    }

    /// `name` or `name[place]`, with space around it.
    private static func part(_ text: ArraySlice<UInt8>) -> Part? {
        var rest = text
        while rest.first == 32 { rest.removeFirst() }
        while rest.last == 32 { rest.removeLast() }
        guard rest.last == UInt8(ascii: "]") else {
            let isName = rest.allSatisfy { !Self.marks.contains($0) }
            return rest.isEmpty || !isName ? nil : Part(name: Array(rest), place: .unsaid)
        }
        guard let bracket = rest.firstIndex(of: UInt8(ascii: "[")) else { return nil }
        let name = rest[..<bracket]
        let number = Array(rest[(bracket + 1)...].dropLast())
        guard !name.isEmpty, name.allSatisfy({ !Self.marks.contains($0) }) else { return nil }
        if number == [UInt8(ascii: "*")] { return Part(name: Array(name), place: .all) }
        return ScriptNumber.convert(number.span).map {
            Part(name: Array(name), place: .number($0))
        }
    }

    /// Bytes that no name holds, because they would be read as something else.
    private static let marks: Set<UInt8> = [
        UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "="), UInt8(ascii: ">"),
        UInt8(ascii: "$"),
    ]
}

/// The three classes of structured attributes.
enum StructuredClass: String, Sendable, CaseIterable {
    /// A stack of values of each name.
    case xavp
    /// One value of each name.
    case xavu
    /// Like `xavp`, without regard to case.
    case xavi

    /// The attributes of a message.
    func values(_ context: ScriptContext) -> StructuredAttributes {
        switch self {
        case .xavp: context.structured
        case .xavu: context.uniqueAttributes
        case .xavi: context.caselessAttributes
        }
    }

    /// Changes the attributes of a message.
    func edit<R>(_ context: ScriptContext, _ body: (inout StructuredAttributes) -> R) -> R {
        switch self {
        case .xavp: body(&context.structured)
        case .xavu: body(&context.uniqueAttributes)
        case .xavi: body(&context.caselessAttributes)
        }
    }
}
