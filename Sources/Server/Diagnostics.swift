internal import Glibc

/// Messages to whoever started the program, before there is a log.
///
/// The log cannot be used yet: where it goes is in the configuration that may be what is wrong. One
/// write for a line, so that those of two processes do not mix.
enum Diagnostics {
    /// Prints a line on standard error.
    static func print(_ text: String) {
        let line = Array((text + "\n").utf8)
        unsafe line.withUnsafeBytes { bytes in
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
