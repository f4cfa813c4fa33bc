internal import Basics
internal import Glibc

/// A named pipe that a client made and reads, for the answer to one request.
///
/// The name comes from whoever may write into the server's pipe, so it is a file's name and nothing
/// else: no path, nothing hidden, no link. Only a pipe is opened, only for writing, and only when
/// somebody reads it: the server neither makes a file nor waits for ever.
struct ReplyPipe: ~Copyable {
    private let descriptor: Int32

    /// Why there is no way to answer.
    enum Fault: Error, Sendable, Hashable {
        /// The name is no plain file name.
        case name
        /// It cannot be opened, in the system's words.
        case open(String)
        /// It is no pipe.
        case kind
        /// Nobody reads it.
        case reader

        /// What is wrong, for the log.
        var message: String {
            switch self {
            case .name: "its name is no plain file name"
            case .open(let cause): cause
            case .kind: "it is no named pipe"
            case .reader: "nobody reads it"
            }
        }
    }

    /// Whether a name is one that answers may go to: letters, digits, `.`, `_` and `-`, not
    /// beginning with a dot, at most `Limits.fifoNameBytesMax` bytes.
    static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= Limits.fifoNameBytesMax, name.first != "." else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }

    /// Opens the pipe of a name in a folder; a reader may come up to
    /// `Limits.fifoReaderMillisecondsMax` later.
    init(_ name: String, in folder: String, until signal: borrowing StopSignal) throws(Fault) {
        guard Self.isName(name) else { throw .name }
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .open(SystemCause.last) }
        defer { close(directory) }
        let pause = 10
        for _ in 0...(Limits.fifoReaderMillisecondsMax / pause) {
            let flags = O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
            let descriptor = unsafe openat(directory, name, flags)
            if descriptor >= 0 {
                var found = stat()
                guard unsafe fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFIFO
                else {
                    close(descriptor)
                    throw .kind
                }
                self.descriptor = descriptor
                return
            }
            guard errno == ENXIO else { throw .open(SystemCause.last) }
            if signal.rest(milliseconds: Int32(pause)) { break }
        }
        throw .reader
    }

    deinit { close(descriptor) }

    /// Writes bytes as the reader takes them; false when it has gone or takes nothing for
    /// `Limits.channelStallSecondsMax`.
    func write(_ bytes: Span<UInt8>, until signal: borrowing StopSignal) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let rest = bytes.extracting(sent..<bytes.count)
            let count = unsafe rest.withUnsafeBufferPointer { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                sent += count
                continue
            }
            let patience = Int32(Limits.channelStallSecondsMax * 1000)
            guard errno == EAGAIN || errno == EINTR,
                signal.wait(descriptor, POLLOUT, milliseconds: patience) == .ready
            else { return false }
        }
        return true
    }
}
