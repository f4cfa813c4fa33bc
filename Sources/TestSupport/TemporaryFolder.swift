internal import Foundation
internal import Glibc

/// A folder of a test's own, removed when nobody holds it any more, at the latest with the process.
public final class TemporaryFolder: Sendable {
    /// A folder that could not be made.
    public struct Failure: Error, CustomStringConvertible {
        /// The system's words.
        public let description: String
    }

    /// Its path, without a slash at the end.
    public let path: String

    /// Makes a folder in the system's place for temporary files.
    public init() throws {
        // Short: a Unix socket's path has 107 bytes at most.
        path = "/tmp/roost-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard unsafe mkdir(path, 0o700) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw Failure(description: "\(path): \(reason)")
        }
        ProgramWatch.shared.own(folder: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: false, encoding: .utf8)
        return file(name)
    }

    /// The text of a file, empty when there is none; broken UTF-8 is mended.
    public func text(of name: String) -> String { Self.text(at: file(name)) }

    /// The text of any file, empty when there is none; broken UTF-8 is mended.
    public static func text(at path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
