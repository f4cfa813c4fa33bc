/// Takes an HTTP reply apart as its bytes come in, in constant memory (RFC 9112 6).
///
/// A dump of a million contacts is counted, not kept: only the first bytes of the body stay.
struct HTTPReply {
    /// How the end of the body is known.
    private enum Framing {
        case unknown
        case length(Int)
        case chunkSize
        case chunk(Int)
        case untilClose
        case done
        case broken
    }

    /// Most bytes of a head, and of the line before a chunk.
    static let headBytesMax = 1 << 16
    /// Bytes of the body that are kept.
    static let keptBytesMax = 1 << 16

    /// Status code, 0 until the head has come.
    private(set) var status = 0
    /// Bytes of the body so far.
    private(set) var bodyCount = 0
    /// The first bytes of the body.
    private(set) var kept: [UInt8] = []
    /// How often `pattern` was seen in the body.
    private(set) var matches = 0
    /// The bytes that are looked for.
    private let pattern: [UInt8]
    /// How many of them have come in a row.
    private var matched = 0
    /// The head as far as it has come.
    private var head: [UInt8] = []
    /// How the end of the body is told.
    private var framing = Framing.unknown

    /// A reply in whose body `counting` is counted.
    init(counting: String = "") { pattern = Array(counting.utf8) }

    /// Whether the whole reply has come.
    var isComplete: Bool {
        if case .done = framing { true } else { false }
    }

    /// Whether what has come is no reply of HTTP; nothing more is read then.
    var isBroken: Bool {
        if case .broken = framing { true } else { false }
    }

    /// Takes the next bytes; an empty span says that the connection was closed.
    mutating func add(_ bytes: ArraySlice<UInt8>) {
        if bytes.isEmpty, case .untilClose = framing { framing = .done }
        var rest = bytes
        while !rest.isEmpty, !isComplete, !isBroken { rest = step(rest) }
    }

    /// Takes the bytes that belong to the current part and returns the rest.
    private mutating func step(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        switch framing {
        case .unknown, .chunkSize: return takeLine(bytes)
        case .length(let left):
            let part = bytes.prefix(left)
            takeBody(part)
            framing = part.count == left ? .done : .length(left - part.count)
            return bytes.dropFirst(part.count)
        case .chunk(let left):
            let part = bytes.prefix(left)
            takeBody(part)
            framing = part.count == left ? .chunkSize : .chunk(left - part.count)
            return bytes.dropFirst(part.count)
        case .untilClose:
            takeBody(bytes)
            return []
        case .done, .broken: return []
        }
    }

    /// Takes bytes up to a line break and acts when the head or a chunk's size is complete.
    private mutating func takeLine(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let line = bytes.firstIndex(of: 10).map { bytes[...$0] } ?? bytes
        guard head.count + line.count <= Self.headBytesMax else {
            framing = .broken
            return []
        }
        head += line
        guard line.last == 10 else { return [] }
        let rest = bytes[line.endIndex...]
        if case .chunkSize = framing {
            finishChunkSize()
        } else if head.count >= 4, head.suffix(4) == [13, 10, 13, 10] {
            finishHead()
        }
        return rest
    }

    /// Reads the size of a chunk (RFC 9112 7.1); one that is none must not pass for the last.
    private mutating func finishChunkSize() {
        let line = String(decoding: head, as: UTF8.self)
        head.removeAll()
        // The line break behind a chunk comes here as an empty line.
        guard !line.allSatisfy(\.isNewline) else { return }
        let digits = line.prefix { $0.isASCII && $0.isHexDigit }
        guard let size = Int(digits, radix: 16) else {
            framing = .broken
            return
        }
        framing = size == 0 ? .done : .chunk(size)
    }

    /// Reads status and framing; the names of header fields are not case-sensitive.
    private mutating func finishHead() {
        let lines = String(decoding: head, as: UTF8.self).lowercased().split(separator: "\r\n")
        head.removeAll()
        status =
            lines.first { $0.hasPrefix("http/1.") }
            .flatMap { $0.split(separator: " ").dropFirst().first }
            .flatMap { Int($0) } ?? 0
        framing = .untilClose
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].filter { $0 != " " }
            if parts[0] == "content-length" {
                guard let length = Int(value), length >= 0 else {
                    framing = .broken
                    return
                }
                framing = length == 0 ? .done : .length(length)
            } else if parts[0] == "transfer-encoding", value.hasSuffix("chunked") {
                framing = .chunkSize
                return
            }
        }
    }

    /// Counts and keeps bytes of the body.
    ///
    /// The pattern has no letter twice in a way that would need more than starting over: its first
    /// byte stands at its ends only.
    private mutating func takeBody(_ bytes: ArraySlice<UInt8>) {
        bodyCount += bytes.count
        if kept.count < Self.keptBytesMax { kept += bytes.prefix(Self.keptBytesMax - kept.count) }
        guard let first = pattern.first else { return }
        for byte in bytes {
            matched = byte == pattern[matched] ? matched + 1 : (byte == first ? 1 : 0)
            if matched == pattern.count {
                matches += 1
                matched = 0
            }
        }
    }
}
