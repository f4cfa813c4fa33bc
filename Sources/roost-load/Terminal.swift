import Glibc
import LoadGenerator

/// The line of progress on standard error, where it does not mix with the report.
///
/// A line that writes over itself would only fill a log, so nothing is written where no terminal
/// is.
struct Terminal {
    private let isThere = isatty(STDERR_FILENO) == 1

    /// Shows how far a load is, in place of what was shown before.
    func show(_ progress: LoadProgress) { write("\r\u{1b}[K\(progress.line)") }

    /// Takes the line away.
    func clear() { write("\r\u{1b}[K") }

    private func write(_ text: String) {
        guard isThere else { return }
        var text = text
        text.withUTF8 { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
