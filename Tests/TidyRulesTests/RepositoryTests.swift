import Foundation
import Testing

@testable import TidyRules

/// A folder of its own for each test, removed with the value.
private final class Folder {
    let url: URL

    init(_ texts: [String: String]) throws {
        url =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-tidy-test-\(UUID().uuidString)").standardizedFileURL
        for (path, text) in texts { try write(path, Data(text.utf8)) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ path: String, _ bytes: Data) throws {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: file)
    }

    func writeProgram(_ path: String, _ text: String) throws {
        try write(path, Data(text.utf8))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: url.appendingPathComponent(path).path)
    }
}

@Suite("The repository on disk")
struct RepositoryTests {
    @Test("it is found from any folder inside of it")
    func findsRoot() throws {
        let folder = try Folder(["Package.swift": "", "Sources/A/B.swift": ""])
        for path in ["", "Sources", "Sources/A", "Sources/A/B.swift"] {
            let url = folder.url.appendingPathComponent(path)
            #expect(try Repository(containing: url).root.path == folder.url.path, "\(path)")
        }
    }

    @Test("where there is no manifest there is no repository")
    func missesRoot() throws {
        let folder = try Folder(["Sources/A.swift": ""])
        #expect(throws: Repository.Failure.self) { try Repository(containing: folder.url) }
    }

    @Test("texts that people write are read, in order; builds, data and bytes are not")
    func readsTexts() throws {
        let folder = try Folder([
            "Package.swift": "// a", "README.md": "b", "Sources/A/B.swift": "c", "tools/run": "d",
            ".build/debug/C.swift": "e", "data/roost.sqlite": "f", "Tests/A/message.dat": "g",
            "Config/roost.cfg": "h", ".ci/run": "i", "docs/decisions/0001.md": "j",
            "Config/roost.lua": "k",
        ])
        try folder.write("Sources/A/Bytes.swift", Data([0xFF, 0xFE, 0x00, 0x80]))
        let texts = Repository(root: folder.url).texts()
        #expect(
            texts.map(\.path) == [
                ".ci/run", "Config/roost.cfg", "Config/roost.lua", "Package.swift", "README.md",
                "Sources/A/B.swift", "docs/decisions/0001.md", "tools/run",
            ])
        #expect(texts.map(\.content).joined() == "ihk// abcjd")
    }

    @Test("a program that fails is reported with its command and status")
    func reportsFailure() {
        let shell = URL(filePath: "/bin/sh")
        #expect {
            try Repository.output(of: shell, ["-c", "exit 3"])
        } throws: { error in
            "\(error)" == "sh -c exit 3: exit status 3"
        }
    }

    @Test("what a program prints comes back whole")
    func readsOutput() throws {
        let output = try Repository.output(of: URL(filePath: "/bin/sh"), ["-c", "echo a; echo b"])
        #expect(String(decoding: output, as: UTF8.self) == "a\nb\n")
    }
}

@Suite("Generated files")
struct GeneratedFileTests {
    private static let file = GeneratedFile("made/list.txt", "maker", ["list"])

    private func findings(_ committed: String?, program: String?) throws -> [String] {
        let folder = try Folder(["Package.swift": ""])
        if let committed { try folder.write("made/list.txt", Data(committed.utf8)) }
        if let program { try folder.writeProgram("products/maker", program) }
        return try GeneratedFile.stale(
            [Self.file], in: Repository(root: folder.url),
            products: folder.url.appendingPathComponent("products")
        ).map(\.description)
    }

    @Test("a fresh file is left alone")
    func acceptsFresh() throws {
        #expect(try findings("list\n", program: "#!/bin/sh\necho $1\n") == [])
    }

    @Test("a stale file is found, with the command that makes it fresh")
    func findsStale() throws {
        #expect(
            try findings("old\n", program: "#!/bin/sh\necho $1\n") == [
                "made/list.txt:1: stale file: run `maker list > made/list.txt`"
            ])
    }

    @Test("without the program or the file there is nothing to compare")
    func passesOver() throws {
        #expect(try findings("old\n", program: nil) == [])
        #expect(try findings(nil, program: "#!/bin/sh\necho $1\n") == [])
    }

    @Test("a program that fails is not taken for a fresh file")
    func reportsFailure() throws {
        #expect(throws: Repository.Failure.self) {
            try findings("list\n", program: "#!/bin/sh\nexit 1\n")
        }
    }

    @Test("each page of the reference is a generated file, and nothing else in its folder is")
    func namesAll() throws {
        let folder = try Folder(["Package.swift": ""])
        try folder.write("docs/reference/core.md", Data())
        try folder.write("docs/reference/notes.txt", Data())
        let files = GeneratedFile.all(in: Repository(root: folder.url))
        #expect(
            files == [
                GeneratedFile("rpc-schema/openrpc.json", "roost", ["schema"]),
                GeneratedFile("docs/reference/core.md", "roost", ["--help-module", "core"]),
            ])
    }
}
