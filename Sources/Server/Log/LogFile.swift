internal import Basics
internal import Glibc
public import ModuleKit

/// The file of core parameter `log_file`, which is opened again when a rotation has renamed it.
///
/// Lines are written with one system call each and appended, so that threads do not mix them. The
/// descriptor's number stays the same while the file behind it is exchanged, so a writer needs no
/// lock.
public final class LogFile: Sendable {
    /// Where it is.
    public let path: String
    /// What lines are written to.
    let descriptor: Int32

    /// Opens the file; it is made when there is none.
    public init(_ path: String) throws(StartFailure) {
        self.path = path
        descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw StartFailure("log_file: cannot open \(path): \(Self.reason)")
        }
    }

    deinit { close(descriptor) }

    /// Goes on in the file that has the path now; what is wrong in words, nil when nothing is.
    ///
    /// When it cannot be opened, the old file goes on being written.
    public func reopen() -> String? {
        let next = Self.open(path)
        guard next >= 0 else { return "cannot open \(path): \(Self.reason)" }
        defer { close(next) }
        guard dup2(next, descriptor) >= 0 else {
            return "cannot go on in \(path): \(Self.reason)"
        }
        // The copy has lost the flag.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return nil
    }

    /// Readable for the owner and the group alone: lines name users.
    private static func open(_ path: String) -> Int32 {
        unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }
}
