internal import Basics
internal import Basics
internal import Glibc
internal import Synchronization

/// A program that a test started; it is killed when nobody holds it any more.
public final class StartedProgram: Sendable {
    /// A program that could not be started or did not end.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened, with the end of what the program printed.
        public let description: String
        /// A failure.
        public init(description: String) { self.description = description }
    }

    /// How a program ended, and what it printed.
    public struct Outcome: Sendable {
        /// Exit status; 128 and the signal's number when a signal ended it.
        public let status: Int32
        /// What it printed, errors included.
        public let output: String
        /// An outcome.
        public init(status: Int32, output: String) {
            self.status = status
            self.output = output
        }
    }

    /// Its process number.
    public let number: Int32
    private let name: String
    private let ending = Guarded<Int32?>(nil)

    /// Starts the file at `path`; it reads the file `input`, and what it prints is added to the
    /// file `output`.
    public init(
        _ path: String, _ arguments: [String], output: String = "/dev/null",
        input: String = "/dev/null"
    ) throws {
        name = path.split(separator: "/").last.map(String.init) ?? path
        var start = ProgramStart(path: path, arguments: [name] + arguments)
        start.output = output
        start.input = input
        guard let number = start.run() else {
            throw Failure(description: "cannot start \(path)")
        }
        self.number = number
        ProgramWatch.shared.own(program: number)
    }

    deinit { kill() }

    /// How it ended, nil while it runs: exit status, or 128 and the number of a signal.
    public var exitStatus: Int32? {
        ending.withLock { known in
            if known != nil { return known }
            var raw: Int32 = 0
            guard unsafe waitpid(number, &raw, WNOHANG) == number else { return nil }
            ProgramWatch.shared.forget(program: number)
            known = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
            return known
        }
    }

    /// Whether it has not ended.
    public var isRunning: Bool { exitStatus == nil }

    /// Waits until it ends; nil when it does not within the time.
    public func wait(seconds: Double) -> Int32? {
        _ = eventually(within: seconds) { !isRunning }
        return exitStatus
    }

    /// Sends a signal, unless it has ended.
    public func signal(_ signal: Int32) {
        ending.withLock { known in
            // Not reaped yet, so the number is still this program's.
            if known == nil { _ = Glibc.kill(number, signal) }
        }
    }

    /// Ends it and what it started at once, as a crash of the machine does.
    public func kill() {
        // The group is its own; the program alone would leave its children to go on.
        ending.withLock { known in
            if known == nil { _ = Glibc.kill(-number, SIGKILL) }
        }
        _ = wait(seconds: 10)
    }

    /// Runs a program to its end, with a text to read.
    public static func run(
        _ path: String, _ arguments: [String], input: String = "", seconds: Double = 60
    ) throws -> Outcome {
        let place = try TemporaryFolder()
        let output = place.file("output")
        let file = input.isEmpty ? "/dev/null" : try place.write(input, to: "input")
        let program = try StartedProgram(path, arguments, output: output, input: file)
        guard let status = program.wait(seconds: seconds) else {
            program.kill()
            let end = place.text(of: "output").suffix(1_000)
            throw Failure(description: "\(program.name) did not end in \(seconds) s: \(end)")
        }
        return Outcome(status: status, output: place.text(of: "output"))
    }
}
