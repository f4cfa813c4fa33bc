import Foundation
import Testing

@testable import BenchmarkRig

@Suite("Programs that the rig starts")
struct ChildProcessTests {
    @Test("the output of a program is returned")
    func output() throws {
        #expect(try ChildProcess.run(["echo", "hello"], secondsMax: 10) == "hello\n")
    }

    @Test("input comes from a file")
    func input() throws {
        let scratch = try ScratchDirectory(prefix: "child-test")
        let file = scratch.file("in")
        try TextFile.write("one\ntwo\n", to: file)
        #expect(try ChildProcess.run(["cat"], input: file, secondsMax: 10) == "one\ntwo\n")
    }

    @Test("a status other than 0 is an error with the program's words")
    func failure() {
        let error = #expect(throws: RigError.self) {
            try ChildProcess.run(["sh", "-c", "echo why >&2; exit 3"], secondsMax: 10)
        }
        #expect(error?.kind == .ended)
        #expect(error?.description.contains("status 3: why") == true)
    }

    @Test("a program that is not there is an error that names it")
    func missing() {
        let error = #expect(throws: RigError.self) { try ChildProcess(["no-such-program"]) }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("no-such-program") == true)
    }

    @Test("a program that does not end in time is ended")
    func late() {
        let error = #expect(throws: RigError.self) {
            try ChildProcess.run(["sleep", "60"], secondsMax: 0.05)
        }
        #expect(error?.kind == .late)
    }

    @Test("a program that ignores SIGTERM is killed, with its children")
    func stubborn() throws {
        let scratch = try ScratchDirectory(prefix: "child-test")
        let output = scratch.file("out")
        let child = try ChildProcess(
            ["sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; wait"], output: output)
        #expect(Patience(seconds: 10).wait { TextFile.read(output)?.hasSuffix("\n") == true })
        let grandchild = try #require(Int32((TextFile.read(output) ?? "").filter(\.isNumber)))
        #expect(ChildRegistry.remembered.contains(child.pid))
        child.end(graceSeconds: 0.05)
        #expect(!child.isRunning)
        #expect(child.exitStatus == 128 + SIGKILL)
        #expect(!ChildRegistry.remembered.contains(child.pid))
        #expect(Patience(seconds: 10).wait { !isAlive(grandchild) })
    }

    /// Whether a process exists and is no zombie.
    private func isAlive(_ pid: Int32) -> Bool {
        guard let stat = TextFile.read("/proc/\(pid)/stat") else { return false }
        return !stat.contains(") Z ")
    }

    @Test("a program starts with no signal blocked, whatever the starting thread blocks")
    func signals() throws {
        let status = try ChildProcess.run(["cat", "/proc/self/status"], secondsMax: 10)
        let blocked = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
        #expect(blocked?.hasSuffix("0000000000000000") == true, "\(blocked ?? "")")
    }

    @Test("a directory vanishes with its last reference")
    func scratch() throws {
        var scratch: ScratchDirectory? = try ScratchDirectory(prefix: "child-test")
        let path = try #require(scratch?.path)
        try TextFile.write("x", to: "\(path)/file")
        #expect(TextFile.read("\(path)/file") == "x")
        scratch = nil
        #expect(TextFile.read("\(path)/file") == nil)
    }

    @Test("the end of a log is shown")
    func tail() throws {
        let scratch = try ScratchDirectory(prefix: "child-test")
        let file = scratch.file("log")
        try TextFile.write((1...40).map { "line \($0)" }.joined(separator: "\n"), to: file)
        #expect(TextFile.tail(file, lines: 2) == "line 39\nline 40")
        #expect(TextFile.tail(scratch.file("none")) == "")
    }

    @Test("patience ends when the thing is done, or at its deadline")
    func patience() {
        var looks = 0
        let isDone = Patience(seconds: 10, everyMilliseconds: 1).wait {
            looks += 1
            return looks == 3
        }
        #expect(isDone)
        #expect(looks == 3)
        #expect(!Patience(seconds: 0).wait { false })
    }

    @Test("free ports are all different")
    func ports() throws {
        let ports = try FreePort.find(8)
        #expect(Set(ports).count == 8)
        #expect(!ports.contains(0))
    }

    @Test("a probe of a port where nobody listens is not answered")
    func probe() throws {
        #expect(!SIPProbe(port: try FreePort.find(1)[0]).isAnswered())
    }
}
