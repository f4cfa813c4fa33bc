internal import Glibc

/// The terminal that a person types at: keys come as they are pressed, nothing is echoed.
struct Terminal {
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

    /// Columns of the window.
    ///
    /// Asked again for each line drawn, so that no signal for a changed size is needed; 80 where
    /// the system does not know.
    static var width: Int {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return 80
        }
        return Int(size.ws_col)
    }
}
