internal import Basics
internal import ModuleKit

/// The transformations of values, one file a class.
///
/// What is part of the input is returned in place, all else is written to the context's scratch
/// buffer: a chain of them allocates nothing. Null gives null, and so does a text that is not of
/// the kind that a transformation reads.
enum Transformations {
    /// All classes.
    ///
    /// Kamailio has `re` in textops, `sql` in sqlops, `url` in xhttp and `urialias` and `sock` in
    /// its core; here they are together, as there is one engine for all of them.
    static var all: [TransformationRow] {
        strings + digests + encodings + escapes + uris + parameterLists + addresses + lines
            + substitution + values + numbers + sql + aliases + sockets + urls
    }
}

/// Reads bytes, with the values of up to two parameters; characters are given by their code, and a
/// parameter that is left out is 0.
typealias PartFinder = @Sendable (Span<UInt8>, Int, Int) -> ByteRange?

extension TransformationRow {
    /// A transformation whose result is a part of the text.
    static func part(
        _ name: String, _ parameters: [TransformationParameter], _ summary: String,
        find: @escaping PartFinder
    ) -> TransformationRow {
        TransformationRow(name, parameters, summary) { (arguments, _) in
            { context, value in
                guard let text = context.text(value),
                    let numbers = Self.numbers(arguments, context),
                    let range = context.withBytes(of: text, { find($0, numbers.0, numbers.1) })
                else { return .null }
                return context.part(of: text, range)
            }
        }
    }

    /// A transformation whose result is a number.
    static func number(
        _ name: String, _ parameters: [TransformationParameter], _ summary: String,
        count: @escaping @Sendable (Span<UInt8>, Int, Int) -> Int?
    ) -> TransformationRow {
        TransformationRow(name, parameters, summary) { (arguments, _) in
            { context, value in
                guard let text = context.text(value),
                    let numbers = Self.numbers(arguments, context),
                    let number = context.withBytes(of: text, { count($0, numbers.0, numbers.1) })
                else { return .null }
                return .integer(number)
            }
        }
    }

    /// A transformation whose result is written anew; false as its answer stands for null.
    static func built(
        _ name: String, _ parameters: [TransformationParameter], _ summary: String,
        write: @escaping @Sendable (Span<UInt8>, Int, Int, inout ByteWriter) -> Bool
    ) -> TransformationRow {
        TransformationRow(name, parameters, summary) { (arguments, _) in
            { context, value in
                guard let text = context.text(value),
                    let numbers = Self.numbers(arguments, context)
                else { return .null }
                return context.derive(text) { write($0, numbers.0, numbers.1, &$1) }
            }
        }
    }

    /// A transformation without parameters that always succeeds and writes its result anew.
    static func plain(
        _ name: String, _ summary: String,
        write: @escaping @Sendable (Span<UInt8>, inout ByteWriter) -> Void
    ) -> TransformationRow {
        built(name, summary) { bytes, _, _, writer in
            write(bytes, &writer)
            return true
        }
    }

    /// The same without parameters.
    static func part(
        _ name: String, _ summary: String, find: @escaping PartFinder
    ) -> TransformationRow { part(name, [], summary, find: find) }

    /// The same without parameters.
    static func number(
        _ name: String, _ summary: String,
        count: @escaping @Sendable (Span<UInt8>, Int, Int) -> Int?
    ) -> TransformationRow { number(name, [], summary, count: count) }

    /// The same without parameters.
    static func built(
        _ name: String, _ summary: String,
        write: @escaping @Sendable (Span<UInt8>, Int, Int, inout ByteWriter) -> Bool
    ) -> TransformationRow { built(name, [], summary, write: write) }

    /// The values of the first two parameters; nil when one of them has none.
    static func numbers(
        _ arguments: [TransformationArgument], _ context: ScriptContext
    ) -> (Int, Int)? {
        var first = 0
        var second = 0
        if arguments.count > 0 {
            guard let number = arguments[0].number(context) else { return nil }
            first = number
        }
        if arguments.count > 1 {
            guard let number = arguments[1].number(context) else { return nil }
            second = number
        }
        return (first, second)
    }
}

extension Span where Element == UInt8 {
    /// All of it as a range.
    var wholeRange: ByteRange { ByteRange(offset: 0, count: count) }

    /// The range between two offsets.
    func range(_ start: Int, _ end: Int) -> ByteRange {
        ByteRange(offset: start, count: Swift.max(0, end - start))
    }

    /// The first place of a byte at or behind `start`; nil without one.
    func place(of byte: Int, from start: Int = 0) -> Int? {
        for place in start..<Swift.max(start, count) where Int(self[place]) == byte {
            return place
        }
        return nil
    }

    /// The last place of a byte; nil without one.
    func lastPlace(of byte: Int) -> Int? {
        var place = count
        while place > 0 {
            place -= 1
            if Int(self[place]) == byte { return place }
        }
        return nil
    }
}
