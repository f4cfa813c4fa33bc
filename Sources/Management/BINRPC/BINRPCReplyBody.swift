internal import Basics

/// Turns the parts of a JSON document into the body of a BINRPC reply, one page after the other.
///
/// Kamailio's commands have one result and two forms of it, and callers know both. What is an array
/// at the top of the JSON form is a row of values here; an array within is a structure of nameless
/// values; and an object with one member that is an element of such an array,
/// `[{"Contact": {...}}]`, stands for the member alone.
///
/// A reply says its length before its first byte, and kamcmd takes no reply beyond 128 KiB. So a
/// large result is cut into pages. A page ends where an element of a list ends: of the outermost
/// list or of one within it, not deeper, so that an AoR stays together. The structures that are
/// open there are closed, and opened again on the next page.
struct BINRPCReplyBody: ~Copyable, JSONParts {
    /// One object or array that is open.
    private struct Frame {
        /// What JSON has.
        enum Kind { case object, array }
        let kind: Kind
        /// The member's name that it was opened under.
        var name: [UInt8]?
        /// Whether it is a structure here; an array at the top is none, nor is an object that
        /// stands for its only member.
        var isStructure: Bool
        /// Where an object begins that is no structure so far; -1 when it cannot become one.
        var start = -1
        /// How many arrays it is within, itself included.
        var lists: Int
        /// How many members it has so far.
        var members = 0
    }

    /// Bytes that the sentence about further pages may take.
    static let noteBytes = 128
    /// Lists that deep are not cut.
    private static let listsMax = 2
    /// Bytes after which what is finished is put aside.
    private static let sealBytes = 256 << 10

    /// Most bytes of a page.
    private let limit: Int
    /// Most bytes of an element of a list, and of a string; an element that has more is left out,
    /// a string is cut.
    private let sizes: BINRPCSizes
    /// What is not put aside, from the start of the page or behind the last piece.
    private var writer = BINRPCWriter(capacity: 4_096)
    /// Pieces of the page that are finished; so a reply of many megabytes is never moved.
    private var pieces: [[UInt8]] = []
    private var pieceBytes = 0
    private var stack: [Frame] = []
    /// Where the last element ended, and what was open there.
    private var mark = 0
    private var markStack: [Frame] = []
    /// Elements of lists that the page has so far: without any it is not cut.
    private var elements = 0
    /// Bytes of the name that was written last, while its value is missing; -1 without one.
    private var nameCount = -1

    /// Whether the page is full: take it before anything else is added.
    private(set) var isFull = false
    /// Whether something does not fit a page and cannot be left out.
    private(set) var isTooLarge = false

    /// An empty body whose pages have at most `limit` bytes.
    init(limit: Int, sizes: BINRPCSizes = BINRPCSizes()) {
        precondition(limit >= 2 * Self.noteBytes)
        self.limit = limit
        self.sizes = sizes
    }

    /// Whether a string is a member's name now.
    var expectsName: Bool {
        // By its place: a copy of what is open would count references for every string.
        nameCount < 0 && !stack.isEmpty && stack[stack.count - 1].kind == .object
    }

    // MARK: What the document has

    /// A member's name; its value follows.
    mutating func member(_ name: Span<UInt8>) {
        assert(expectsName)
        let top = stack.count - 1
        stack[top].members += 1
        if stack[top].members == 2 { makeStructure(top) }
        nameCount = name.count
        writer.name(name)
    }

    /// A string.
    mutating func string(_ text: Span<UInt8>) {
        writer.string(sizes.cut(text))
        endValue()
    }

    /// An integer.
    mutating func integer(_ value: Int64) {
        writer.integer(value)
        endValue()
    }

    /// Another number.
    mutating func double(_ value: Double) {
        writer.double(value)
        endValue()
    }

    /// The start of an object.
    mutating func beginObject() {
        let parent = stack.count - 1
        let isElement =
            parent >= 0 && stack[parent].kind == .array && stack[parent].isStructure
        var frame = Frame(
            kind: .object, name: takeName(), isStructure: !isElement,
            lists: parent >= 0 ? stack[parent].lists : 0)
        if isElement { frame.start = writer.bytes.count } else { writer.beginStructure() }
        stack.append(frame)
    }

    /// The start of an array.
    mutating func beginArray() {
        let frame = Frame(
            kind: .array, name: takeName(), isStructure: !stack.isEmpty,
            lists: (stack.last?.lists ?? 0) + 1)
        if frame.isStructure { writer.beginStructure() }
        stack.append(frame)
        // What has no room of its own is left out from here on.
        if frame.lists <= Self.listsMax, fits { setMark() }
    }

    /// The end of the object or array that was begun last.
    mutating func end() {
        guard let frame = stack.popLast() else { return }
        if frame.kind == .object, frame.members == 0, !frame.isStructure {
            // An empty object has no member that it could stand for.
            writer.beginStructure()
            writer.endStructure()
        } else if frame.isStructure {
            writer.endStructure()
        }
        endValue()
    }

    // MARK: Pages

    /// The page that is full, and what is behind it on the next one.
    mutating func takePage() -> [[UInt8]] {
        assert(isFull)
        var page = takePieces()
        var closing = BINRPCWriter(capacity: mark + 64)
        closing.bytes.append(writer.bytes.span.extracting(0..<mark))
        for frame in markStack where frame.isStructure { closing.endStructure() }
        page.append(Array(copying: closing.bytes.span))
        let rest = Array(copying: writer.bytes.span.extracting(mark..<writer.bytes.count))
        let cut = mark
        writer.bytes.removeAll()
        for frame in markStack {
            if let name = frame.name { writer.name(name.span) }
            if frame.isStructure { writer.beginStructure() }
        }
        mark = writer.bytes.count
        elements = 0
        shift(from: cut, to: mark)
        writer.bytes.append(rest)
        isFull = false
        endElement()
        return page
    }

    /// What is left when the document has ended.
    mutating func takeRest() -> [[UInt8]] {
        assert(stack.isEmpty && !isFull)
        var page = takePieces()
        page.append(Array(copying: writer.bytes.span))
        return page
    }

    /// Looks whether the last page is larger than it may be; called once the document has ended.
    mutating func finish() {
        guard pieceBytes + writer.bytes.count > limit else { return }
        if elements > 0 { isFull = true } else { isTooLarge = true }
    }

    /// The name that was written last, for the structure that is opened under it.
    private mutating func takeName() -> [UInt8]? {
        guard nameCount >= 0 else { return nil }
        let end = writer.bytes.count - 1
        defer { nameCount = -1 }
        return Array(copying: writer.bytes.span.extracting((end - nameCount)..<end))
    }

    private mutating func takePieces() -> [[UInt8]] {
        defer {
            pieces = []
            pieceBytes = 0
        }
        return pieces
    }

    /// A value is complete; it may be an element of a list.
    private mutating func endValue() {
        nameCount = -1
        let top = stack.count - 1
        guard top >= 0, stack[top].kind == .array, stack[top].lists <= Self.listsMax else {
            return
        }
        endElement()
    }

    /// An element is complete: the page may end here, or is full without it.
    private mutating func endElement() {
        let isLarge = writer.bytes.count - mark > sizes.elementBytesMax
        if isLarge, stack.count == markStack.count {
            leaveOut()
        } else if fits {
            elements += 1
            setMark()
            if mark > Self.sealBytes { seal() }
        } else if elements > 0 {
            isFull = true
        } else if stack.count == markStack.count {
            leaveOut()
        } else {
            isTooLarge = true
        }
    }

    /// Whether the page has room for what is written, the ends of what is open, and the note.
    private var fits: Bool {
        let closing = stack.reduce(0) { $0 + ($1.isStructure ? 1 : 0) }
        return pieceBytes + writer.bytes.count + closing + Self.noteBytes <= limit
    }

    /// The page may end here.
    private mutating func setMark() {
        mark = writer.bytes.count
        markStack = stack
    }

    /// Puts a sentence in the place of an element that no page has room for.
    private mutating func leaveOut() {
        let count = writer.bytes.count - mark
        writer.bytes.truncate(to: mark)
        writer.string("(left out: \(count) bytes, more than one reply holds)")
        elements += 1
        setMark()
    }

    /// Puts what is finished aside.
    private mutating func seal() {
        pieces.append(Array(copying: writer.bytes.span))
        pieceBytes += writer.bytes.count
        writer.bytes.removeAll()
        shift(from: mark, to: 0)
        mark = 0
    }

    /// Moves the beginnings of objects with the bytes; those that lie before them stay what they
    /// are.
    private mutating func shift(from cut: Int, to place: Int) {
        for index in stack.indices where stack[index].start >= 0 {
            let start = stack[index].start
            stack[index].start = start >= cut ? start - cut + place : -1
        }
    }

    /// Makes a structure of an object that turns out to have several members.
    private mutating func makeStructure(_ index: Int) {
        let frame = stack[index]
        guard !frame.isStructure, frame.start >= 0 else { return }
        stack[index].isStructure = true
        // One byte more at the start of the object: what is behind moves up.
        writer.bytes.append(0)
        var bytes = writer.bytes.mutableSpan
        var place = bytes.count - 1
        while place > frame.start {
            bytes[place] = bytes[place - 1]
            place -= 1
        }
        bytes[frame.start] = 0x03
    }
}
