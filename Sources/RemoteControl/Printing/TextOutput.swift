internal import Glibc

/// Where text goes: standard output, or a test.
public protocol TextOutput: AnyObject {
    /// Writes text as it is.
    func write(_ text: String)
    /// Hands on what was held back.
    func flush()
}

/// Standard output or standard error.
public final class StandardOutput: TextOutput {
    /// The system's file.
    private let descriptor: Int32

    /// Standard output, or standard error.
    public init(error: Bool = false) { descriptor = error ? STDERR_FILENO : STDOUT_FILENO }

    /// Writes text at once.
    ///
    /// A reader that has gone (`roostctl ul.dump | head`) is no error worth a word: the rest is
    /// dropped, and SIGPIPE ends the program anyway.
    public func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = unsafe Glibc.write(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Nothing is held back.
    public func flush() {}
}
