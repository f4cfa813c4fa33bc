internal import Basics
internal import ModuleKit

/// `{param.…}`: lists such as `a=1;b=2`, with a delimiter of one's own if need be.
///
/// Names are compared without regard to case, and of equal names the last one counts. A value may
/// stand in quotes of either kind. A comma ends the list, unless it is the delimiter, because it
/// separates whole values of a header field.
extension Transformations {
    /// All of the class `param`.
    static var parameterLists: [TransformationRow] {
        let delimiter = TransformationParameter("delimiter", .character, isOptional: true)
        let name = TransformationParameter("name", .text)
        let index = TransformationParameter("index", .integer)
        return [
            named("param.value", [name, delimiter], "Value of a parameter.") {
                text, found, context in
                context.part(of: text, found?.value ?? .empty)
            },
            named("param.in", [name, delimiter], "1 when there is a parameter of a name, else 0.") {
                _, found, _ in .integer(found == nil ? 0 : 1)
            },
            .part(
                "param.valueat", [index, delimiter],
                "Value of the parameter of an index from 0, negative from the end."
            ) { bytes, index, delimiter in at(index, bytes, delimiter)?.value },
            .part(
                "param.name", [index, delimiter],
                "Name of the parameter of an index from 0, negative from the end."
            ) { bytes, index, delimiter in at(index, bytes, delimiter)?.name },
            .number("param.count", [delimiter], "How many parameters there are.") {
                bytes, delimiter, _ in count(bytes, delimiter)
            },
        ]
    }

    /// A transformation that looks for a name.
    private static func named(
        _ name: String, _ parameters: [TransformationParameter], _ summary: String,
        _ result:
            @escaping @Sendable (ScriptText, ParameterList.Item?, ScriptContext) -> ScriptValue
    ) -> TransformationRow {
        TransformationRow(name, parameters, summary) { (arguments, _) in
            { context, value in
                guard let text = context.text(value), let name = arguments[0].text(context)
                else { return .null }
                var delimiter = 0
                if arguments.count > 1 {
                    guard let byte = arguments[1].number(context) else { return .null }
                    delimiter = byte
                }
                // Two optionals: whether the list can be read, and whether it holds the name.
                let found = context.withBytes(of: text) { bytes in
                    context.withBytes(of: name) { find($0, in: bytes, delimiter) }
                }
                guard let found else { return .null }
                return result(text, found, context)
            }
        }
    }

    /// The last parameter of a name; nil for a malformed list.
    private static func find(
        _ name: Span<UInt8>, in bytes: Span<UInt8>, _ delimiter: Int
    ) -> ParameterList.Item?? {
        var list = ParameterList(bytes, delimiter)
        var found: ParameterList.Item?
        while let item = list.next() {
            if bytes.part(item.name).matches(name) { found = item }
        }
        return list.isMalformed ? nil : .some(found)
    }

    /// The number of parameters; nil for a malformed list.
    private static func count(_ bytes: Span<UInt8>, _ delimiter: Int) -> Int? {
        var list = ParameterList(bytes, delimiter)
        var count = 0
        while list.next() != nil { count += 1 }
        return list.isMalformed ? nil : count
    }

    /// The parameter of an index, an empty one beyond either end; nil for a malformed list.
    private static func at(
        _ index: Int, _ bytes: Span<UInt8>, _ delimiter: Int
    ) -> ParameterList.Item? {
        guard let count = count(bytes, delimiter) else { return nil }
        var wanted = index < 0 ? count &+ index : index
        guard wanted >= 0, wanted < count else { return ParameterList.Item() }
        var list = ParameterList(bytes, delimiter)
        while let item = list.next() {
            if wanted == 0 { return item }
            wanted -= 1
        }
        return nil
    }
}

/// Walks over a list of parameters.
struct ParameterList: ~Escapable {
    /// One parameter.
    struct Item {
        /// Its name, without whitespace around it.
        var name = ByteRange.empty
        /// Its value without quotes; empty without `=`.
        var value = ByteRange.empty
    }

    private let bytes: Span<UInt8>
    private let delimiter: UInt8
    private var place = 0
    private var isDone: Bool
    /// Whether the walk ended at something that is no parameter.
    private(set) var isMalformed = false

    /// A list with a delimiter, 0 for the semicolon; an empty text is no list.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ delimiter: Int) {
        self.bytes = bytes
        self.delimiter = delimiter == 0 ? UInt8(ascii: ";") : UInt8(truncatingIfNeeded: delimiter)
        isDone = bytes.isEmpty
        isMalformed = bytes.isEmpty
    }

    /// The next parameter, nil behind the last.
    @_lifetime(self: copy self)
    mutating func next() -> Item? {
        guard !isDone else { return nil }
        var item = Item()
        skipBlanks()
        item.name = word(until: UInt8(ascii: "="))
        skipBlanks()
        if place < bytes.count, bytes[place] == UInt8(ascii: "="), delimiter != bytes[place] {
            place += 1
            skipBlanks()
            guard let value = value() else { return fail() }
            item.value = value
            skipBlanks()
        }
        guard place < bytes.count, !isListEnd(bytes[place]) else {
            isDone = true
            return item
        }
        guard bytes[place] == delimiter else { return fail() }
        place += 1
        // A delimiter at the end has nothing behind it, not even an empty parameter.
        let mark = place
        skipBlanks()
        isDone = place == bytes.count
        place = mark
        return item
    }

    @_lifetime(self: copy self)
    private mutating func fail() -> Item? {
        isDone = true
        isMalformed = true
        return nil
    }

    private func isListEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") && delimiter != byte
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte != delimiter && (byte == 32 || byte == 9 || byte == 13 || byte == 10)
    }

    @_lifetime(self: copy self)
    private mutating func skipBlanks() {
        while place < bytes.count, isBlank(bytes[place]) { place += 1 }
    }

    /// Bytes up to a blank, a delimiter or a byte that ends them.
    @_lifetime(self: copy self)
    private mutating func word(until stop: UInt8?) -> ByteRange {
        let start = place
        while place < bytes.count, bytes[place] != delimiter, bytes[place] != stop,
            !isListEnd(bytes[place]), !isBlank(bytes[place])
        { place += 1 }
        return ByteRange(offset: start, count: place - start)
    }

    /// A value, which may stand in quotes; nil when they are not closed.
    @_lifetime(self: copy self)
    private mutating func value() -> ByteRange? {
        guard place < bytes.count, bytes[place] == 0x22 || bytes[place] == 0x27 else {
            return word(until: nil)
        }
        let quote = bytes[place]
        let start = place + 1
        place = start
        while place < bytes.count, bytes[place] != quote {
            place += bytes[place] == 0x5c ? 2 : 1
        }
        guard place < bytes.count else { return nil }
        place += 1
        return ByteRange(offset: start, count: place - 1 - start)
    }
}
