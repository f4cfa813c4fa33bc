internal import Glibc

/// Small text files, read and written whole.
enum TextFile {
    /// The text of a file, at most `bytesMax` of it; nil when it cannot be read.
    ///
    /// Works for files of /proc too, whose size is not known beforehand.
    static func read(_ path: String, bytesMax: Int = 4 << 20) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < bytesMax {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes `text` as the whole of a file.
    static func write(_ text: String, to path: String) throws(RigError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw RigError(.system, "cannot write \(path)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            guard count > 0 else { throw RigError(.system, "cannot write \(path)") }
            written += count
        }
    }

    /// The last lines of a log, for an error message.
    static func tail(_ path: String, lines: Int = 15) -> String {
        let all = (read(path) ?? "").split(separator: "\n")
        return all.suffix(lines).joined(separator: "\n")
    }
}
