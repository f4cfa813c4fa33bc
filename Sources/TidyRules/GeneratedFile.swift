public import Foundation

/// A committed file that a command prints, so that it can be compared.
public struct GeneratedFile: Hashable, Sendable {
    /// Path relative to the root of the repository.
    public let path: String
    /// The program that prints it, by the name of its product.
    public let program: String
    /// The arguments of the program.
    public let arguments: [String]

    /// A file and its command.
    public init(_ path: String, _ program: String, _ arguments: [String]) {
        self.path = path
        self.program = program
        self.arguments = arguments
    }

    /// Every generated file of a tree: the schema, and each page of the reference that is there.
    public static func all(in repository: Repository) -> [GeneratedFile] {
        let folder = repository.root.appendingPathComponent(pages)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return [GeneratedFile("rpc-schema/openrpc.json", "roost", ["schema"])]
            + names.sorted().filter { $0.hasSuffix(".md") }.map { name in
                GeneratedFile(
                    "\(pages)/\(name)", "roost", ["--help-module", String(name.dropLast(3))])
            }
    }

    /// The folder of the reference pages.
    private static let pages = "docs/reference"

    /// The files that differ from what their commands print.
    ///
    /// A file that does not exist yet and a program that is not built are passed over.
    /// - Parameters:
    ///   - files: the files to look at, nil for all.
    ///   - repository: where they are committed.
    ///   - products: the folder that holds the built programs.
    /// - Returns: a finding for each file that is not fresh.
    /// - Throws: `Repository.Failure` when a program ends with an error.
    public static func stale(
        _ files: [GeneratedFile]? = nil, in repository: Repository, products: URL
    ) throws -> [Finding] {
        try (files ?? all(in: repository)).compactMap { file in
            let program = products.appendingPathComponent(file.program)
            let committed = repository.root.appendingPathComponent(file.path)
            guard FileManager.default.isExecutableFile(atPath: program.path),
                let text = try? Data(contentsOf: committed),
                try Repository.output(of: program, file.arguments) != text
            else { return nil }
            let command = ([file.program] + file.arguments).joined(separator: " ")
            return Finding(file.path, 1, .staleFile, "run `\(command) > \(file.path)`")
        }
    }
}
