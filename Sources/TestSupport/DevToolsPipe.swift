internal import Basics
internal import Glibc
internal import JSONValue
internal import Synchronization

/// The two pipes by which a Chromium is steered: JSON, each message with a zero byte behind it
/// (`--remote-debugging-pipe`).
///
/// They are named pipes, which a shell opens as the browser's descriptors 3 and 4, because what
/// tests start inherits no descriptors.
final class DevToolsPipe: Sendable {
    /// Path of the pipe that the browser reads.
    let commands: String
    /// Path of the pipe that it writes.
    let answers: String
    private let output: Int32
    private let input: Int32
    /// What has come and is no whole message yet.
    private let rest = Guarded<[UInt8]>([])

    /// Makes the pipes in a folder.
    init(_ folder: TemporaryFolder) throws {
        commands = folder.file("commands")
        answers = folder.file("answers")
        guard unsafe mkfifo(commands, 0o600) == 0, unsafe mkfifo(answers, 0o600) == 0 else {
            throw StartedProgram.Failure(description: "no pipes in \(folder.path)")
        }
        // Both directions, so that nobody waits for the other side to open its end.
        output = unsafe open(commands, O_RDWR | O_CLOEXEC)
        input = unsafe open(answers, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    }

    deinit {
        close(output)
        close(input)
    }

    /// Sends a message.
    func send(_ message: JSONValue) throws {
        let bytes = Array(message.encoded().utf8) + [0]
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { piece in
                unsafe write(output, piece.baseAddress, piece.count)
            }
            guard count > 0 || errno == EINTR else {
                throw StartedProgram.Failure(description: "the browser takes no commands")
            }
            sent += max(0, count)
        }
    }

    /// The next message; nil when none comes in time.
    func receive(until end: Double) throws -> JSONValue? {
        var seen = 0
        while true {
            let message: [UInt8]? = rest.withLock { rest in
                guard let place = rest[seen...].firstIndex(of: 0) else {
                    seen = rest.count
                    return nil
                }
                defer { rest.removeFirst(place + 1) }
                return Array(rest[..<place])
            }
            if let message { return try JSONValue(parsing: message.span) }
            guard let piece = read(until: end) else { return nil }
            rest.withLock { $0 += piece }
        }
    }

    /// Some bytes; nil when none come in time.
    private func read(until end: Double) -> [UInt8]? {
        while true {
            let left = end - monotonicSeconds()
            guard left > 0 else { return nil }
            var place = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&place, 1, Int32(left * 1_000) + 1) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe Glibc.read(input, &buffer, buffer.count)
            if count > 0 { return Array(buffer[..<count]) }
        }
    }
}
