internal import Basics

/// What a key does at the prompt.
public enum KeyEvent: Sendable, Equatable {
    /// A character to insert.
    case character(Character)
    /// The line is finished.
    case enter
    /// Completes the word.
    case tab
    /// Removes the character before the cursor.
    case backspace
    /// Removes the character under the cursor.
    case delete
    /// Moves the cursor.
    case left, right, home, end
    /// Goes through the history.
    case up, down
    /// Moves by a word.
    case wordLeft, wordRight
    /// Removes to the end, to the start, and the word before the cursor (ctrl-K, -U, -W).
    case cutToEnd, cutToStart, cutWord
    /// Puts back what was removed last (ctrl-Y).
    case paste
    /// Clears the screen (ctrl-L).
    case clear
    /// Gives the line up (ctrl-C).
    case cancel
    /// Ends the session on an empty line, removes a character otherwise (ctrl-D).
    case endOfInput
    /// A key without meaning here.
    case unknown
}

/// A line that is being typed: a value that keys change, without a terminal.
///
/// It works on characters as people see them, so that the cursor never stands within an accented
/// letter. The history is a list that the arrows walk through; what was being typed is kept at its
/// end, and a line of the history that is changed and not submitted is forgotten.
public struct LineEditor: Sendable {
    /// What the terminal has to do after a key.
    public enum Action: Sendable, Equatable {
        /// Draw the line again.
        case redraw
        /// The line is finished.
        case submit(String)
        /// Show what the word could become, then draw again.
        case list([String])
        /// Start a new line without running this one.
        case cancel
        /// The session is over.
        case finish
        /// Clear the screen, then draw again.
        case clear
        /// Nothing changes; make a noise.
        case bell
    }

    /// The characters.
    public private(set) var text: [Character] = []
    /// Where the next character goes, from 0 to the number of characters.
    public private(set) var cursor = 0
    /// What was cut last, for Ctrl-Y.
    private var cut: [Character] = []
    /// Earlier lines, the last one at the end.
    private var history: [String]
    /// Which of them is shown; one behind the last for the line itself.
    private var place: Int
    /// The line itself while an earlier one is shown.
    private var draft: [Character] = []

    /// An empty line, with the lines that were typed before, the last one last.
    public init(history: [String] = []) {
        self.history = history
        place = history.count
    }

    /// Takes one key; `complete` says what the word before the cursor could become.
    public mutating func handle(
        _ key: KeyEvent, complete: (_ before: String) -> [String] = { _ in [] }
    ) -> Action {
        defer { assert(cursor >= 0 && cursor <= text.count) }
        switch key {
        case .character(let character): return insert([character])
        case .enter: return .submit(String(text))
        case .tab: return self.complete(complete(String(text[..<cursor])))
        case .backspace: return remove(from: cursor - 1, to: cursor)
        case .delete: return remove(from: cursor, to: cursor + 1)
        case .left: return move(to: cursor - 1)
        case .right: return move(to: cursor + 1)
        case .home: return move(to: 0)
        case .end: return move(to: text.count)
        case .wordLeft: return move(to: wordStart)
        case .wordRight: return move(to: wordEnd)
        case .cutToEnd: return remove(from: cursor, to: text.count, isCut: true)
        case .cutToStart: return remove(from: 0, to: cursor, isCut: true)
        case .cutWord: return remove(from: wordStart, to: cursor, isCut: true)
        case .paste: return cut.isEmpty ? .bell : insert(cut)
        case .up: return recall(place - 1)
        case .down: return recall(place + 1)
        case .clear: return .clear
        case .cancel: return .cancel
        case .endOfInput: return text.isEmpty ? .finish : remove(from: cursor, to: cursor + 1)
        case .unknown: return .bell
        }
    }

    /// Puts characters at the cursor, within the limit of a line.
    private mutating func insert(_ characters: [Character]) -> Action {
        guard text.count + characters.count <= Limits.promptLineMax else { return .bell }
        text.insert(contentsOf: characters, at: cursor)
        cursor += characters.count
        return .redraw
    }

    /// Takes characters out; those that were cut can be put back.
    private mutating func remove(from start: Int, to end: Int, isCut: Bool = false) -> Action {
        guard start >= 0, end <= text.count, start < end else { return .bell }
        if isCut { cut = Array(text[start..<end]) }
        text.removeSubrange(start..<end)
        cursor = start
        return .redraw
    }

    /// Moves the cursor within the line.
    private mutating func move(to target: Int) -> Action {
        guard target >= 0, target <= text.count else { return .bell }
        cursor = target
        return .redraw
    }

    /// Where the word before the cursor begins.
    private var wordStart: Int {
        var place = cursor
        while place > 0, text[place - 1].isWhitespace { place -= 1 }
        while place > 0, !text[place - 1].isWhitespace { place -= 1 }
        return place
    }

    /// Where the word behind the cursor ends.
    private var wordEnd: Int {
        var place = cursor
        while place < text.count, text[place].isWhitespace { place += 1 }
        while place < text.count, !text[place].isWhitespace { place += 1 }
        return place
    }

    /// Shows another line of the history; what was being typed comes after the last one.
    private mutating func recall(_ target: Int) -> Action {
        guard target >= 0, target <= history.count, target != place else { return .bell }
        if place == history.count { draft = text }
        place = target
        text = target == history.count ? draft : Array(history[target])
        cursor = text.count
        return .redraw
    }

    /// Extends the word to what all candidates share; lists them when that adds nothing.
    private mutating func complete(_ candidates: [String]) -> Action {
        guard let first = candidates.first else { return .bell }
        var start = cursor
        while start > 0, !text[start - 1].isWhitespace { start -= 1 }
        let word = Array(text[start..<cursor])
        var shared = Array(first)
        for candidate in candidates.dropFirst() {
            shared = Array(zip(shared, candidate).prefix { $0.0 == $0.1 }.map(\.0))
        }
        if candidates.count == 1 { shared.append(" ") }
        guard shared.count > word.count, shared.starts(with: word) else {
            return candidates.count > 1 ? .list(candidates) : .bell
        }
        return insert(Array(shared[word.count...]))
    }
}
