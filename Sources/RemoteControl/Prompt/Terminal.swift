internal import Basics
internal import Glibc

/// The terminal that a person types at: keys come as they are pressed, nothing is echoed.
struct Terminal {
    /// How it was set before.
    private let before: termios

    /// The terminal at standard input; nil when there is none.
    init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
    }

    /// Runs `body` with keys unechoed and unbuffered, and restores the terminal.
    ///
    /// ISIG is off too, so that ctrl-C gives a line up and does not end the session; output
    /// processing stays on. The settings from before come back however `body` ends.
    func withRawKeys<R>(_ body: () -> R) -> R {
        var raw = before
        raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        defer {
            var settings = before
            _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        }
        return body()
    }

    /// The next byte of standard input; nil at its end.
    static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    /// What came of waiting for a key.
    enum KeyWait: Equatable {
        /// A byte was typed.
        case byte(UInt8)
        /// The time was up.
        case silence
        /// Nothing will be typed any more.
        case end
    }

    /// The next byte of standard input, if one comes in time.
    static func readByte(milliseconds: Int32) -> KeyWait {
        var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&entry, 1, milliseconds)
        guard ready > 0 else { return .silence }
        return readByte().map { .byte($0) } ?? .end
    }

    /// Columns of the window; 80 where the system does not know.
    ///
    /// Asked again for each line drawn, so that no signal for a changed size is needed.
    static var width: Int { size?.columns ?? 80 }

    /// Columns of the window that standard output goes to; nil when it goes elsewhere.
    static var outputWidth: Int? { isatty(STDOUT_FILENO) == 1 ? size?.columns : nil }

    /// Columns and rows of the window; nil where the system does not know.
    static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    /// Asks for something that must not be shown; nil when there is no terminal.
    ///
    /// It talks to the terminal and not to standard input and output: those may be a pipe's.
    static func ask(_ question: String) -> String? {
        let file = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var shown = termios()
        guard unsafe tcgetattr(file, &shown) == 0 else { return nil }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(file, TCSAFLUSH, &hidden)
        defer {
            unsafe tcsetattr(file, TCSAFLUSH, &shown)
            _ = unsafe write(file, "\n", 1)
        }
        _ = unsafe write(file, question, question.utf8.count)
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < Limits.secretBytesMax, unsafe read(file, &byte, 1) == 1,
            byte != UInt8(ascii: "\n")
        {
            line.append(byte)
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
