internal import Glibc

/// A new directory under the system's temporary one; it vanishes with the last reference.
///
/// When the program is ended by a signal it stays: a handler cannot remove a tree, and what is left
/// there (configuration, log) is then what one wants to look at.
public final class ScratchDirectory: Sendable {
    /// Absolute path without a slash at the end.
    public let path: String

    /// Makes a directory that other users may enter, as a database's own user must.
    public init(prefix: String) throws(RigError) {
        var template = Array("/tmp/\(prefix)-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, unsafe mkdtemp(base) != nil else {
                return nil
            }
            return unsafe String(cString: base)
        }
        guard let made else { throw RigError(.system, "cannot make a directory under /tmp") }
        path = made
        unsafe chmod(path, 0o755)
    }

    deinit {
        _ = try? ChildProcess.run(["rm", "-rf", "--", path], secondsMax: 60)
    }

    /// The path of a file in the directory.
    public func file(_ name: String) -> String { "\(path)/\(name)" }
}
