internal import Basics
internal import Glibc
internal import JSONValue

/// `roostctl top`: what the server does, live.
///
/// Keys: q ends, p pauses, s sorts the methods in another way, a blank asks at once. Where nobody
/// sits at a terminal, and with `--once`, one frame is printed: what happened within a second.
struct TopCommand {
    /// The server and the outputs.
    private let session: ControlSession
    /// What is shown, as keys have changed it.
    private var options: TopOptions

    /// A view as the words behind `top` ask for it.
    init(
        _ session: ControlSession, _ arguments: some Collection<String>
    ) throws(ControlError) {
        self.session = session
        options = try TopOptions(arguments)
    }

    /// Runs until a key ends it; the first call must succeed, later ones are tried again.
    func run() throws(ControlError) -> Int32 {
        let first = try sample()
        guard !options.isOnce, let terminal = Terminal() else { return try printOnce(first) }
        let screen = LiveScreen(session.output)
        defer { screen.leave() }
        return terminal.withRawKeys { runLive(first, screen) }
    }

    /// Asks the server; one request for the commands, one for the metrics.
    private func sample() throws(ControlError) -> TopSample {
        let answers = try session.server.results(TopSample.calls)
        // A server without metrics has the rest.
        let metrics = try? session.server.text(of: "metrics")
        return TopSample(
            answers, metrics: metrics ?? nil, time: Ticker.now(), clock: Int(time(nil)))
    }

    /// One frame after a second, whole; as JSON with `--format json`.
    private func printOnce(_ first: TopSample) throws(ControlError) -> Int32 {
        _ = Ticker.wait(seconds: min(options.interval, 1), keys: false, shown: (0, 0))
        let second = try sample()
        let lines = frame(second, first, options.order).lines(
            width: Terminal.outputWidth ?? .max, height: .max)
        session.output.write(lines.joined(separator: "\n") + "\n")
        return 0
    }

    /// The frame of two samples.
    private func frame(
        _ now: TopSample, _ before: TopSample?, _ order: TopOptions.Order
    ) -> TopFrame {
        TopFrame(
            now: now, before: before, order: order, address: session.options.server.authority)
    }

    /// Draws frames until a key ends it.
    private func runLive(_ first: TopSample, _ screen: LiveScreen) -> Int32 {
        var now = first
        var before: TopSample?
        var order = options.order
        var isPaused = false
        var failure: String?
        while true {
            let size = Terminal.size ?? (80, 24)
            var lines = frame(now, before, order).lines(
                width: size.columns, height: size.rows - 1)
            let state = failure ?? (isPaused ? "paused" : "every \(options.interval) s")
            let foot = "\(state)   sorted by \(order.rawValue)   q ends, p pauses, s sorts"
            lines += [String](repeating: "", count: max(size.rows - 1 - lines.count, 0))
            screen.draw(lines + ["\u{1B}[7m\(TextWidth.cut(foot, to: size.columns))\u{1B}[27m"])
            switch Ticker.wait(seconds: options.interval, keys: true, shown: size) {
            case .key(UInt8(ascii: "q")), .key(3), .key(4), .end: return 0
            case .key(UInt8(ascii: "p")):
                isPaused.toggle()
                continue
            case .key(UInt8(ascii: "s")):
                order = order.next
                continue
            case .key(UInt8(ascii: " ")): break
            case .key, .resized: continue
            case .time: if isPaused { continue }
            }
            do throws(ControlError) {
                let next = try sample()
                // A server that was started anew counts from zero.
                before = next.uptime < now.uptime ? nil : now
                now = next
                failure = nil
            } catch {
                failure = SafeText.printable(error.message)
            }
        }
    }
}
