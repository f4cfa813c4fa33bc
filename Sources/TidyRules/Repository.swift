public import Foundation

/// The tree on disk: reads the texts that the rules look at.
public struct Repository: Sendable {
    /// Why the tree cannot be read.
    public struct Failure: Error, CustomStringConvertible {
        /// What was tried and what came of it.
        public let description: String
    }

    /// The folder that holds Package.swift.
    public let root: URL

    /// The repository at a folder.
    public init(root: URL) {
        self.root = root
    }

    /// The repository that a file or folder lies in: the nearest folder with a Package.swift.
    public init(containing url: URL) throws(Failure) {
        var folder = url.standardizedFileURL
        while folder.path != "/" {
            let manifest = folder.appendingPathComponent("Package.swift").path
            if FileManager.default.fileExists(atPath: manifest) {
                self.init(root: folder)
                return
            }
            folder = folder.deletingLastPathComponent()
        }
        throw Failure(description: "no Package.swift at or above \(url.path)")
    }

    /// The folders and files that are written by people.
    private static let tops = [
        "Sources", "Tests", "docs", "tools", "Config", ".ci", "Package.swift", "README.md",
        "NOTICE", "LICENSE",
    ]

    /// The kinds of text that rules are made for; a file without a suffix is a script.
    private static let suffixes: Set<String> = [
        "", "swift", "c", "h", "modulemap", "md", "cfg", "lua", "sh", "py", "yml", "txt",
    ]

    /// Reads all texts and asks SwiftPM about the package.
    public func tidy() throws -> Tidy {
        try Tidy(texts: texts(), package: package(), paths: paths())
    }

    /// The texts of the tree, in the order of their paths.
    public func texts() -> [TextFile] { paths().compactMap { text(at: $0) } }

    /// All files and folders of the tree, pictures too.
    public func paths() -> [String] {
        Self.tops.flatMap { top in
            ([top]
                + (FileManager.default.subpaths(atPath: file(top).path) ?? []).map {
                    "\(top)/\($0)"
                })
        }
        .sorted()
    }

    private func file(_ path: String) -> URL { root.appendingPathComponent(path) }

    /// A text, nil for a folder, for a kind without rules and for what is not UTF-8.
    private func text(at path: String) -> TextFile? {
        guard Self.suffixes.contains(file(path).pathExtension),
            let bytes = try? Data(contentsOf: file(path))
        else { return nil }
        return String(validating: bytes, as: UTF8.self).map { TextFile(path, $0) }
    }

    /// What `swift package dump-package` says.
    ///
    /// It gets a scratch folder of its own: the usual one is locked while tests run.
    public func package() throws -> PackageFacts {
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-tidy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path,
            "dump-package",
        ]
        return try PackageFacts(dump: Self.output(of: URL(filePath: "/usr/bin/env"), arguments))
    }

    /// Runs a program and gives what it prints; throws when it does not end with status 0.
    static func output(of program: URL, _ arguments: [String]) throws -> Data {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let command = ([program.lastPathComponent] + arguments).joined(separator: " ")
            throw Failure(description: "\(command): exit status \(process.terminationStatus)")
        }
        return output
    }
}
