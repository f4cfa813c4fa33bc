internal import Basics
internal import Glibc
public import Logging
public import ModuleKit
internal import Synchronization

/// A named pipe that commands are written into.
///
/// Bytes of several writers come one behind the other; each writes its request with one call, which
/// the system keeps together up to 4,096 bytes. Where a request ends is the reader's business.
public final class FIFOChannel: Sendable {
    /// Its path.
    public let path: String
    private let descriptor: Int32
    private let file: ChannelFile
    private let signal = StopSignal()
    private let thread = Guarded<ChannelThread?>(nil)

    /// Makes the pipe and reads from it from now on.
    ///
    /// `take` gets what has come and removes the requests it has found; what it leaves is shown
    /// again with more behind it, and thrown away when nothing comes for
    /// `Limits.fifoRequestSecondsMax`. It runs on one thread and must not wait.
    public init(
        path: String, _ access: FileAccess, module: String, logger: Logger,
        announce: @escaping @Sendable () -> Void,
        take: @escaping @Sendable (inout [UInt8]) -> Void
    ) throws(StartFailure) {
        self.path = path
        (descriptor, file) = try Self.open(path, access, module)
        let reading = ChannelThread.start { [signal, descriptor] in
            announce()
            var waiting: [UInt8] = []
            while true {
                let patience = waiting.isEmpty ? -1 : Int32(Limits.fifoRequestSecondsMax * 1000)
                switch signal.wait(descriptor, POLLIN, milliseconds: patience) {
                case .stopped: return
                case .late:
                    logger.notice("\(path): half a request of \(waiting.count) bytes is dropped")
                    waiting = []
                case .ready:
                    Self.read(descriptor, &waiting)
                    take(&waiting)
                    guard waiting.count > Limits.fifoRequestBytesMax else { continue }
                    logger.notice("\(path): a request is larger than it may be and is dropped")
                    waiting = []
                }
            }
        }
        guard let reading else {
            close(descriptor)
            file.remove()
            throw StartFailure("\(module): no thread for \(path)")
        }
        thread.withLock { $0 = reading }
    }

    deinit { close(descriptor) }

    /// Reads no more and removes the pipe.
    public func stop() {
        signal.raise()
        thread.withLock { $0.take() }?.join()
        file.remove()
    }

    private static func read(_ descriptor: Int32, _ waiting: inout [UInt8]) {
        var piece = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe Glibc.read(descriptor, &piece, piece.count)
        if count > 0 { waiting.append(contentsOf: piece.prefix(count)) }
    }

    /// Makes the pipe; one that a dead server left is replaced, anything else in its place is an
    /// error.
    private static func open(
        _ path: String, _ access: FileAccess, _ module: String
    ) throws(StartFailure) -> (Int32, ChannelFile) {
        _ = try access.resolve(module)
        if unsafe mkfifo(path, 0o600) != 0 {
            guard errno == EEXIST else {
                throw StartFailure("\(module): cannot make \(path): \(SystemCause.last)")
            }
            guard ChannelFile.isKind(path, S_IFIFO) else {
                throw StartFailure(
                    "\(module): \(path) exists and is no named pipe; "
                        + "remove it or name another path")
            }
            // Opening it for writing fails with this error alone when nobody reads it.
            let probe = unsafe Glibc.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
            guard probe < 0, errno == ENXIO else {
                if probe >= 0 { close(probe) }
                throw StartFailure(
                    "\(module): another server reads \(path); stop it or name another path")
            }
            unsafe unlink(path)
            guard unsafe mkfifo(path, 0o600) == 0 else {
                throw StartFailure("\(module): cannot make \(path): \(SystemCause.last)")
            }
        }
        guard let file = ChannelFile(path) else {
            throw StartFailure("\(module): \(path) vanished when it was made")
        }
        // Open for both, so that the end of one writer is not the end of the pipe.
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        do throws(StartFailure) {
            guard descriptor >= 0 else {
                throw StartFailure("\(module): cannot open \(path): \(SystemCause.last)")
            }
            try access.apply(to: path, module)
        } catch {
            if descriptor >= 0 { close(descriptor) }
            file.remove()
            throw error
        }
        return (descriptor, file)
    }
}
