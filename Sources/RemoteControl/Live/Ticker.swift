internal import Glibc

/// The time between two frames of a live view, in which keys may come.
struct Ticker {
    /// What ended a wait.
    enum Wake: Equatable {
        /// The time is up.
        case time
        /// The window has another size.
        case resized
        /// A key was pressed.
        case key(UInt8)
        /// Nobody can press a key any more.
        case end
    }

    /// Waits for a time; keys are looked for only where somebody sits at a terminal.
    ///
    /// A changed window is found within a quarter of a second, without a signal handler.
    static func wait(seconds: Double, keys: Bool, shown: (Int, Int)) -> Wake {
        let end = now() + seconds
        while true {
            let left = end - now()
            guard left > 0 else { return .time }
            let step = min(left, 0.25)
            guard keys else {
                usleep(UInt32(step * 1_000_000))
                continue
            }
            switch Terminal.readByte(milliseconds: Int32(step * 1_000) + 1) {
            case .byte(let byte): return .key(byte)
            case .end: return .end
            case .silence: break
            }
            if let size = Terminal.size, (size.columns, size.rows) != shown { return .resized }
        }
    }

    /// Seconds of a clock that nobody sets.
    static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The time of day here: `21:03:11`.
    static func timeOfDay(_ seconds: Int? = nil) -> String {
        var moment = seconds.map { time_t($0) } ?? time(nil)
        var parts = unsafe tm()
        guard unsafe localtime_r(&moment, &parts) != nil else { return "" }
        return unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map {
            $0 < 10 ? "0\($0)" : "\($0)"
        }.joined(separator: ":")
    }
}

/// A screen of a terminal that is drawn again and again, and given back at the end.
///
/// It is the terminal's second screen: what stood there before comes back.
struct LiveScreen {
    /// Where frames are drawn.
    private let output: any TextOutput

    /// Takes the screen.
    init(_ output: any TextOutput) {
        self.output = output
        output.write("\u{1B}[?1049h\u{1B}[?25l")
    }

    /// Draws lines from the top; what was there below them is cleared.
    func draw(_ lines: [String]) {
        output.write(
            "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Gives the screen back.
    func leave() { output.write("\u{1B}[?25h\u{1B}[?1049l") }
}
