internal import Basics
internal import Glibc

/// The lines typed at the prompt, kept in a file that only its owner reads.
///
/// Parameters may be secrets, hence the mode 0600, which holds from the moment the file is made.
public struct PromptHistory: Sendable {
    /// The lines, the last one last.
    public private(set) var lines: [String] = []
    /// The file; nil where lines are not kept.
    private let path: String?

    /// The history in a file; without a path it lasts as long as the session.
    public init(path: String?) {
        self.path = path
        guard let path else { return }
        lines = Self.read(path).split(separator: "\n").suffix(Limits.historyLinesMax)
            .map(String.init)
    }

    /// Adds a line unless it is empty or the same as the last one.
    public mutating func add(_ line: String) {
        guard !line.allSatisfy(\.isWhitespace), line != lines.last, !line.contains("\n") else {
            return
        }
        lines.append(line)
        if lines.count > Limits.historyLinesMax { lines.removeFirst() }
    }

    /// Writes the file; what fails is not worth a word to the operator.
    public func save() {
        guard let path else { return }
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        var text = lines.joined(separator: "\n") + "\n"
        text.withUTF8 { _ = unsafe write(file, $0.baseAddress, $0.count) }
    }

    /// The text of the file, up to what it may hold; empty when there is none.
    ///
    /// Whatever lies at that path is read at most to the room of a full history, 4 MB.
    private static func read(_ path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let room = Limits.historyLinesMax * Limits.promptLineMax
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            filled = max(unsafe Glibc.read(file, buffer.baseAddress, room), 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
