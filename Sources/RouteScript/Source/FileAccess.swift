internal import Basics
internal import Glibc

/// Why a configuration file was not read.
public struct FileFailure: Error, Sendable, Hashable {
    /// Whether there is no such file, which `import_file` forgives.
    ///
    /// A file that is there and cannot be read is an error even for `import_file`: to go on without
    /// it would start a server that is not the one configured.
    public var isMissing: Bool
    /// The reason in words.
    public var message: String
    /// A failure.
    public init(isMissing: Bool, _ message: String) {
        self.isMissing = isMissing
        self.message = message
    }
}

/// Where configuration files and environment variables come from: the disk, or a test's table.
///
/// The reader never opens a file by itself, so that tests need no folder and a fuzzer no disk, and
/// so that a configuration can be checked before it is written anywhere.
public protocol FileAccess {
    /// The bytes of a file, at most `Limits.configurationBytesMax`.
    func read(_ path: String) throws(FileFailure) -> [UInt8]
    /// The value of an environment variable, nil when it is not set.
    func environment(_ name: String) -> String?
}

/// The files of this machine.
public struct DiskFiles: FileAccess {
    /// The files of this machine.
    public init() {}

    /// Reads a regular file.
    public func read(_ path: String) throws(FileFailure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure() }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.failure() }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileFailure(isMissing: false, "it is not a regular file")
        }
        return try Self.bytes(descriptor)
    }

    /// Asks the process's environment.
    public func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Reads up to the end, within the bound on size.
    ///
    /// The size that the file system tells is not trusted: a file may grow while it is read, and
    /// those of /proc say 0. The bound holds for what was really read.
    private static func bytes(_ descriptor: Int32) throws(FileFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let size = piece.count
            let count = unsafe piece.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress, size)
            }
            guard count >= 0 else { throw failure() }
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece[..<count])
            guard bytes.count <= Limits.configurationBytesMax else {
                throw FileFailure(isMissing: false, "it is larger than 16 MiB")
            }
        }
    }

    /// The C library's words for its last error.
    ///
    /// A part of the path that is no folder counts as a missing file too, because `import_file` of
    /// "sub/x.cfg" must forgive that "sub" is not there.
    private static func failure() -> FileFailure {
        let code = errno
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return FileFailure(isMissing: code == ENOENT || code == ENOTDIR, text)
    }
}

/// Files that exist only in memory: configurations made by programs, and tests.
///
/// It answers a path only as it is written, without folders or links: what an include resolves to
/// is then visible in the test that names it.
public struct MemoryFiles: FileAccess, Sendable {
    /// The files by their paths.
    public var files: [String: [UInt8]]
    /// The environment variables.
    public var variables: [String: String]

    /// Files by their paths.
    public init(_ files: [String: String] = [:], variables: [String: String] = [:]) {
        self.files = files.mapValues { Array($0.utf8) }
        self.variables = variables
    }

    /// Looks a file up.
    public func read(_ path: String) throws(FileFailure) -> [UInt8] {
        guard let bytes = files[path] else {
            throw FileFailure(isMissing: true, "No such file or directory")
        }
        return bytes
    }

    /// Looks a variable up.
    public func environment(_ name: String) -> String? { variables[name] }
}
