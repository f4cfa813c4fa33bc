public import ModuleKit

/// A place in the configuration: small enough to sit in every token and every node of the tree.
///
/// Eight bytes and a bit, trivially copyable: a tree has many of them and none counts references.
public struct Position: Sendable, Hashable {
    /// Index of the file in the source map.
    public var file: UInt16
    /// Line, from 1.
    public var line: Int32
    /// Column in bytes, from 1.
    public var column: Int32

    /// A place; line and column count from 1.
    ///
    /// Numbers that do not fit are cut off and not trapped on: a wrong line in a message is better
    /// than a server that ends. The bound on a configuration keeps lines and columns within 32 bits
    /// anyway.
    public init(file: Int, line: Int, column: Int) {
        assert(file >= 0 && line >= 1 && column >= 1)
        self.file = UInt16(truncatingIfNeeded: file)
        self.line = Int32(truncatingIfNeeded: line)
        self.column = Int32(truncatingIfNeeded: column)
    }

    /// Where a configuration begins.
    public static var start: Position { Position(file: 0, line: 1, column: 1) }
}

/// One file that the configuration was read from.
public struct SourceFile: Sendable {
    /// Its name, as the command line or the including file gave it.
    public let name: String
    /// Its bytes.
    public let bytes: [UInt8]
    /// A file.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// All files of one configuration; it turns positions into what people read.
///
/// A file that is included twice is in it twice: positions within both readings are told apart by
/// their index, although they show the same name.
public struct SourceMap: Sendable {
    /// The files in the order they were opened.
    public private(set) var files: [SourceFile] = []

    /// A map without files.
    public init() {}

    /// Adds a file and returns its index.
    mutating func add(_ file: SourceFile) -> Int {
        files.append(file)
        return files.count - 1
    }

    /// A position with its file's name.
    public func location(_ position: Position) -> SourceLocation {
        let index = Int(position.file)
        return SourceLocation(
            file: index < files.count ? files[index].name : "?",
            line: Int(position.line), column: Int(position.column))
    }

    /// The line that a position stands on, without its end; empty when there is no such line.
    ///
    /// It walks the file from its start. That is slow and does not matter: it is asked for errors
    /// only, of which there are few.
    public func line(_ position: Position) -> String {
        guard Int(position.file) < files.count else { return "" }
        let bytes = files[Int(position.file)].bytes
        var start = 0
        var number = 1
        while number < Int(position.line) {
            guard let end = bytes[start...].firstIndex(of: Byte.newline) else { return "" }
            start = end + 1
            number += 1
        }
        let rest = bytes[start...]
        var line = rest[..<(rest.firstIndex(of: Byte.newline) ?? rest.endIndex)]
        if line.last == Byte.carriageReturn { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }
}

/// The bytes that the language gives a meaning.
enum Byte {
    /// Line feed.
    static let newline = UInt8(ascii: "\n")
    /// Carriage return.
    static let carriageReturn = UInt8(ascii: "\r")
    /// Space.
    static let space = UInt8(ascii: " ")
    /// Tab.
    static let tab = UInt8(ascii: "\t")
    /// Begins escapes and joins lines.
    static let backslash = UInt8(ascii: "\\")
    /// Begins comments and directives.
    static let hash = UInt8(ascii: "#")
    /// The second byte of a directive.
    static let bang = UInt8(ascii: "!")
    /// Division, comments, and the usual separator of substitutions.
    static let slash = UInt8(ascii: "/")
    /// Begins and ends block comments.
    static let star = UInt8(ascii: "*")
    /// Double quote.
    static let quote = UInt8(ascii: "\"")
    /// Single quote.
    static let apostrophe = UInt8(ascii: "'")
    /// Begins a pseudo-variable.
    static let dollar = UInt8(ascii: "$")
    /// Opens a group.
    static let openParenthesis = UInt8(ascii: "(")
    /// Closes a group.
    static let closeParenthesis = UInt8(ascii: ")")

    /// Whether a byte is a letter or an underscore: what a name begins with.
    ///
    /// Bit 5 tells lower from upper case in ASCII, so both are tested at once. Bytes of other
    /// characters never belong to a name.
    static func beginsName(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte == 95
    }

    /// Whether a byte may stand within a name.
    static func continuesName(_ byte: UInt8) -> Bool { beginsName(byte) || isDigit(byte) }

    /// Whether a byte is a decimal digit.
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    /// Whether a byte is white space; Kamailio counts the backspace (8) too.
    ///
    /// Newlines are white space like any other: only directives and comments end with their line
    /// (script.md 1).
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == space || byte == tab || byte == newline || byte == carriageReturn || byte == 8
    }
}
