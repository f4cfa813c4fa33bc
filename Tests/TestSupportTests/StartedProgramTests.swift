import Foundation
import Synchronization
import Testing

@testable import TestSupport

@Suite("Programs that tests start", .timeLimit(.minutes(10)))
struct StartedProgramTests {
    @Test("a program's status and words are its outcome", arguments: [0, 1, 42, 255] as [Int32])
    func outcome(_ status: Int32) throws {
        let outcome = try StartedProgram.run(
            "/bin/sh", ["-c", "cat; echo out; echo err >&2; exit \(status)"], input: "in\n")
        #expect(outcome.status == status)
        #expect(outcome.output == "in\nout\nerr\n")
    }

    @Test("without an input there is nothing to read")
    func noInput() throws {
        #expect(try StartedProgram.run("/bin/cat", []).output == "")
    }

    @Test("a signal is 128 and its number", arguments: [SIGTERM, SIGKILL, SIGUSR1])
    func signals(_ number: Int32) throws {
        let program = try StartedProgram("/bin/sleep", ["600"])
        #expect(program.isRunning)
        #expect(program.exitStatus == nil)
        program.signal(number)
        #expect(program.wait(seconds: 20) == 128 + number)
        #expect(!program.isRunning)
        // Its number may be another's by now, so nothing is sent any more.
        program.signal(SIGKILL)
        #expect(program.exitStatus == 128 + number)
    }

    @Test("a program that is stopped does not end, and goes on when it is let")
    func stopped() throws {
        let program = try StartedProgram("/bin/sleep", ["600"])
        program.signal(SIGSTOP)
        // Both pending at once would come in the order of their numbers.
        let stat = "/proc/\(program.number)/stat"
        #expect(eventually(within: 20) { TemporaryFolder.text(at: stat).contains(") T ") })
        program.signal(SIGTERM)
        #expect(program.wait(seconds: 0.05) == nil)
        program.signal(SIGCONT)
        #expect(program.wait(seconds: 20) == 128 + SIGTERM)
    }

    @Test("a program ends with its last holder")
    func forgotten() throws {
        var program: StartedProgram? = try StartedProgram("/bin/sleep", ["600"])
        let number = try #require(program?.number)
        #expect(kill(number, 0) == 0)
        program = nil
        #expect(kill(number, 0) == -1)
    }

    @Test("a program takes what it started along")
    func children() throws {
        let folder = try TemporaryFolder()
        let program = try StartedProgram(
            "/bin/sh", ["-c", "sleep 600 & echo $!; wait"], output: folder.file("out"))
        #expect(eventually(within: 20) { folder.text(of: "out").hasSuffix("\n") })
        let child = try #require(Int(folder.text(of: "out").dropLast()))
        program.kill()
        // Whoever takes in orphans collects it in its own time.
        let stat = "/proc/\(child)/stat"
        #expect(
            eventually(within: 20) {
                let text = TemporaryFolder.text(at: stat)
                return text.isEmpty || text.contains(") Z ")
            })
    }

    @Test("a program that does not end in time is an error with its last words")
    func late() {
        let error = #expect(throws: StartedProgram.Failure.self) {
            try StartedProgram.run("/bin/sh", ["-c", "echo begun; sleep 600"], seconds: 0.3)
        }
        #expect(error?.description.hasPrefix("sh did not end in 0.3 s: ") == true)
    }

    @Test(
        "a file that is no program is an error", arguments: ["/no/such/file", "/etc/passwd", "/"])
    func missing(_ path: String) {
        let error = #expect(throws: StartedProgram.Failure.self) { try StartedProgram(path, []) }
        #expect(error?.description == "cannot start \(path)")
    }

    @Test("it starts with no signal blocked or ignored, in a group of its own, with three files")
    func surroundings() throws {
        let script = "cat /proc/self/status; ls /proc/self/fd | tr '\\n' ' '; ps -o pgid= -p $$"
        let output = try StartedProgram.run("/bin/sh", ["-c", script]).output
        func mask(_ name: String) -> UInt64? {
            output.split(separator: "\n").first { $0.hasPrefix("\(name):") }
                .flatMap { UInt64($0.dropFirst(name.count + 1).filter(\.isHexDigit), radix: 16) }
        }
        #expect(mask("SigBlk") == 0)
        #expect(mask("SigIgn").map { $0 & (1 << UInt64(SIGPIPE - 1)) } == 0)
        // The fourth is the folder that ls itself reads.
        #expect(output.contains("0 1 2 3 "))
        #expect(!output.contains("0 1 2 3 4"))
        let group = output.split(separator: "\n").last.flatMap { Int32($0.filter(\.isNumber)) }
        #expect(group != getpgrp())
    }

    @Test("what it prints is added to a file that is there")
    func added() throws {
        let folder = try TemporaryFolder()
        try folder.write("before\n", to: "out")
        let program = try StartedProgram("/bin/echo", ["after"], output: folder.file("out"))
        #expect(program.wait(seconds: 20) == 0)
        #expect(folder.text(of: "out") == "before\nafter\n")
    }
}

@Suite("Folders of tests")
struct TemporaryFolderTests {
    @Test("a folder is its owner's alone, and gone with its last holder")
    func life() throws {
        var folder: TemporaryFolder? = try TemporaryFolder()
        let path = try #require(folder?.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        try FileManager.default.createDirectory(
            atPath: "\(path)/a/b", withIntermediateDirectories: true)
        try folder?.write("x", to: "a/b/c")
        folder = nil
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("its path is short enough for the sockets in it, and each is another")
    func short() throws {
        let folders = try (0..<20).map { _ in try TemporaryFolder() }
        #expect(Set(folders.map(\.path)).count == 20)
        #expect(folders.allSatisfy { $0.file("socket").utf8.count < 60 && !$0.path.hasSuffix("/") })
    }

    @Test("a text is written and read, broken bytes are mended, and what is not there is empty")
    func texts() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("ä\n", to: "f")
        #expect(path == folder.file("f"))
        #expect(folder.text(of: "f") == "ä\n")
        #expect(TemporaryFolder.text(at: path) == "ä\n")
        try Data([0x61, 0xff, 0x62]).write(to: URL(fileURLWithPath: path))
        #expect(folder.text(of: "f") == "a\u{fffd}b")
        #expect(folder.text(of: "none") == "")
        #expect(throws: (any Error).self) { try folder.write("x", to: "no/such") }
    }

    @Test("what a process leaves is removed when it is gone, programs and folders alike")
    func watched() throws {
        let folder = try TemporaryFolder()
        // A name of its own for each part of the watch: a program, and a folder beside ours.
        let program = try StartedProgram("/bin/sleep", ["600"])
        ProgramWatch.shared.own(program: program.number)
        ProgramWatch.shared.forget(program: program.number)
        ProgramWatch.shared.own(folder: folder.path)
        #expect(program.isRunning)
        #expect(FileManager.default.fileExists(atPath: folder.path))
    }
}

@Suite("Places of programs")
struct ToolPathTests {
    @Test("an installed program is found as a file that can be run")
    func installed() throws {
        let path = try #require(ToolPath.installed("sh"))
        #expect(path.hasSuffix("/sh"))
        #expect(FileManager.default.isExecutableFile(atPath: path))
        #expect(ToolPath.installed("no-such-program") == nil)
    }

    @Test("a program that was not built is an error that names the places")
    func notBuilt() {
        let error = #expect(throws: StartedProgram.Failure.self) {
            try ToolPath.built("roost-of-nobody")
        }
        #expect(
            error?.description.hasPrefix("there is no roost-of-nobody beside the tests: /") == true)
    }

    @Test("the package is the folder with the manifest")
    func package() {
        #expect(FileManager.default.fileExists(atPath: "\(ToolPath.package)/Package.swift"))
    }
}

@Suite("Patience of tests")
struct PatienceTests {
    @Test("it asks until something holds, and once at least")
    func asks() {
        var asked = 0
        #expect(
            eventually(within: 20) {
                asked += 1
                return asked == 4
            })
        #expect(asked == 4)
        #expect(eventually(within: 0) { true })
        #expect(!eventually(within: 0) { false })
        #expect(!eventually(within: -5) { false })
    }

    @Test("an error of the question comes through at once")
    func throwsOn() {
        struct Wrong: Error {}
        #expect(throws: Wrong.self) { try eventually(within: 60) { throw Wrong() } }
    }

    @Test("the clock goes forward, and a pause is at least as long as asked")
    func clock() {
        let start = monotonicSeconds()
        pause(seconds: 0.01)
        #expect(monotonicSeconds() - start >= 0.01)
    }
}

@Suite("Threads of tests", .timeLimit(.minutes(10)))
struct WorkThreadsTests {
    @Test("as many tasks may wait at a time as there are threads, whatever processors there are")
    func blocking() async {
        let threads = WorkThreads(count: 4)
        let arrived = Arrivals()
        let met = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask(executorPreference: threads) { arrived.waitForAll(4) }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(met)
    }

    @Test("results come back to who asked, in any order of ending")
    func results() async {
        // Threads of its own: the shared ones wait with other tests.
        let threads = WorkThreads(count: 4)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 1...50 {
                group.addTask(executorPreference: threads) { number }
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 1_275)
    }
}

/// Counts who has come.
private final class Arrivals: Sendable {
    private let count = Atomic(0)

    /// Comes, and waits without giving its thread away until all have come.
    func waitForAll(_ wanted: Int) -> Bool {
        count.add(1, ordering: .relaxed)
        return eventually(within: 20) { count.load(ordering: .relaxed) == wanted }
    }
}
