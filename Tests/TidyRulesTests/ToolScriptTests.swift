import Foundation
import Testing

@testable import TidyRules

/// What a script said and how it ended.
private struct Outcome {
    let status: Int32
    let output: String
    let errors: String
}

@Suite("The scripts in tools")
struct ToolScriptTests {
    private let repository: Repository

    init() throws {
        repository = try Repository(containing: URL(filePath: #filePath))
    }

    /// Runs a program with the PATH that is given and no input.
    private func run(_ program: String, _ arguments: [String], path: String) throws -> Outcome {
        let process = Process()
        let output = Pipe()
        let errors = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ["PATH": path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let texts = try [output, errors].map {
            String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        }
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: texts[0], errors: texts[1])
    }

    /// A folder of small programs that stand in for those of the system.
    private func stand(in programs: [String: String]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-tools-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in programs {
            let file = folder.appendingPathComponent(name)
            try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        return folder
    }

    private func script(_ path: String) -> String {
        repository.root.appendingPathComponent(path).path
    }

    private static let system = "/usr/bin:/bin"

    @Test(
        "each is a shell script that stops at the first error, and can be run",
        arguments: [
            "tools/run", "tools/test", "tools/tidy", "tools/install-packages", ".ci/run",
            "tools/package", "tools/check-package",
        ])
    func isSound(path: String) throws {
        let file = script(path)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.hasPrefix("#!/usr/bin/env bash\n# "))
        #expect(text.contains("\nset -euo pipefail\n"))
        #expect(FileManager.default.isExecutableFile(atPath: file))
        #expect(try run("/bin/bash", ["-n", file], path: Self.system).status == 0)
    }

    @Test("tools/test says what it can do, and refuses what it cannot")
    func explainsItself() throws {
        let help = try run(script("tools/test"), ["--help"], path: Self.system)
        #expect(help.status == 0)
        for option in ["--filter", "--release", "--sanitizers"] {
            #expect(help.output.contains(option))
        }
        let wrong = try run(script("tools/test"), ["--no-such-option"], path: Self.system)
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("--sanitizers"))
    }

    @Test("packages that are there are left alone, without a word")
    func leavesPackages() throws {
        let folder = try stand(in: ["dpkg-query": "echo installed", "apt-get": "exit 1"])
        defer { try? FileManager.default.removeItem(at: folder) }
        let outcome = try run(
            script("tools/install-packages"), ["one", "two"],
            path: folder.path + ":" + Self.system)
        #expect(outcome.status == 0)
        #expect(outcome.output == "" && outcome.errors == "")
    }

    @Test("who may not install is told the command for someone who may")
    func tellsCommand() throws {
        // Only what the script needs until then: in this folder there is no sudo.
        let folder = try stand(in: [
            "dpkg-query": "case \"$*\" in *one*) echo installed;; *) exit 1;; esac",
            "id": "echo 1000",
        ])
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder.appendingPathComponent("bash").path, withDestinationPath: "/bin/bash")
        let outcome = try run(
            script("tools/install-packages"), ["one", "two", "three"], path: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("apt-get install two three"))
    }

    @Test("missing packages are installed through sudo, and no service is started")
    func installsPackages() throws {
        let folder = try stand(in: [
            "dpkg-query": "exit 1", "id": "echo 1000",
            "sudo": "echo \"$*\" >> \"$(dirname \"$0\")/calls\"; cat >/dev/null",
        ])
        defer { try? FileManager.default.removeItem(at: folder) }
        let outcome = try run(
            script("tools/install-packages"), ["one", "two"],
            path: folder.path + ":" + Self.system)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "Installing one two\n")
        let calls = try String(
            contentsOf: folder.appendingPathComponent("calls"), encoding: .utf8)
        #expect(calls.contains("apt-get -qq update\n"))
        #expect(calls.contains("install --yes --no-install-recommends one two\n"))
        if !FileManager.default.fileExists(atPath: "/usr/sbin/policy-rc.d") {
            #expect(calls.contains("tee /usr/sbin/policy-rc.d\n"))
            #expect(calls.contains("rm -f /usr/sbin/policy-rc.d\n"))
        }
    }

    @Test("on another system than Debian it says what is needed and goes on")
    func sparesOthers() throws {
        let folder = try stand(in: [:])
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder.appendingPathComponent("bash").path, withDestinationPath: "/bin/bash")
        let outcome = try run(script("tools/install-packages"), ["one"], path: folder.path)
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("equivalents of: one"))
    }
}
