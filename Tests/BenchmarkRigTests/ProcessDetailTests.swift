import Foundation
import Testing

@testable import BenchmarkRig

@Suite("Ends of programs", .timeLimit(.minutes(10)))
struct ChildProcessEndTests {
    @Test("a status is the one that the program gave", arguments: [0, 1, 2, 127, 255] as [Int32])
    func statuses(_ status: Int32) throws {
        let child = try ChildProcess(["sh", "-c", "exit \(status)"])
        #expect(Patience(seconds: 20).wait { !child.isRunning })
        #expect(child.exitStatus == status)
        #expect(child.exitStatus == status, "it stays known although it can be asked once only")
    }

    @Test("a signal is 128 and its number", arguments: [SIGTERM, SIGKILL, SIGSEGV, SIGUSR1])
    func signals(_ number: Int32) throws {
        let child = try ChildProcess(["sh", "-c", "ulimit -c 0; kill -\(number) $$"])
        #expect(Patience(seconds: 20).wait { !child.isRunning })
        #expect(child.exitStatus == 128 + number)
    }

    @Test("a program that obeys SIGTERM ends with its own status within its grace")
    func obedient() throws {
        let scratch = try ScratchDirectory(prefix: "child-test")
        let output = scratch.file("out")
        let child = try ChildProcess(
            ["sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"],
            output: output)
        #expect(Patience(seconds: 20).wait { TextFile.read(output) == "ready\n" })
        child.end(graceSeconds: 20)
        #expect(child.exitStatus == 7)
    }

    @Test("without grace a program is killed, and ending it twice is ending it once")
    func twice() throws {
        let child = try ChildProcess(["sleep", "600"])
        #expect(child.isRunning)
        #expect(child.name == "sleep")
        child.end(graceSeconds: 0)
        #expect(child.exitStatus == 128 + SIGKILL)
        child.end(graceSeconds: 5)
        #expect(child.exitStatus == 128 + SIGKILL)
    }

    @Test("a program ends with its last reference")
    func forgotten() throws {
        var child: ChildProcess? = try ChildProcess(["sleep", "600"])
        let pid = try #require(child?.pid)
        #expect(kill(pid, 0) == 0)
        child = nil
        #expect(kill(pid, 0) == -1)
        #expect(!ChildRegistry.remembered.contains(pid))
    }

    @Test("children that a program leaves behind end with it")
    func orphans() throws {
        let scratch = try ScratchDirectory(prefix: "child-test")
        let output = scratch.file("out")
        let child = try ChildProcess(["sh", "-c", "sleep 600 & echo $!"], output: output)
        #expect(Patience(seconds: 20).wait { !child.isRunning })
        let text = TextFile.read(output) ?? ""
        let orphan = try #require(Int32(text.filter(\.isNumber)))
        #expect(kill(orphan, 0) == 0)
        child.end(graceSeconds: 0)
        #expect(
            Patience(seconds: 20).wait {
                TextFile.read("/proc/\(orphan)/stat").map { $0.contains(") Z ") } ?? true
            })
    }

    @Test("output is added to a file, errors and words in their order")
    func output() throws {
        let scratch = try ScratchDirectory(prefix: "child-test")
        let output = scratch.file("out")
        try TextFile.write("before\n", to: output)
        let child = try ChildProcess(["sh", "-c", "echo a; echo b >&2; echo c"], output: output)
        #expect(Patience(seconds: 20).wait { !child.isRunning })
        #expect(TextFile.read(output) == "before\na\nb\nc\n")
    }

    @Test("arguments arrive as they are, whatever they hold")
    func arguments() throws {
        let words = ["", " ", "a b", "$HOME", "*", "\"", "'", "ä€", "-n", "\n"]
        let text = try ChildProcess.run(
            ["sh", "-c", "for w in \"$@\"; do printf '<%s>' \"$w\"; done", "x"] + words,
            secondsMax: 20)
        #expect(text == words.map { "<\($0)>" }.joined())
    }

    @Test("an input that is not there keeps a program from starting")
    func noInput() {
        #expect(throws: RigError.self) {
            try ChildProcess.run(["cat"], input: "/no/such/input", secondsMax: 20)
        }
    }

    @Test("of an endless output the first 4 MiB are returned")
    func endless() throws {
        let text = try ChildProcess.run(
            ["head", "-c", "5000000", "/dev/zero"], secondsMax: 20)
        #expect(text.utf8.count >= 4 << 20)
        #expect(text.utf8.count < 4_500_000)
    }

    @Test("a failure repeats the end of what was said, not all of it")
    func longFailure() {
        let error = #expect(throws: RigError.self) {
            try ChildProcess.run(
                ["sh", "-c", "seq 1000 3000; echo the reason; exit 9"], secondsMax: 20)
        }
        #expect(error?.description.hasSuffix("3000\nthe reason\n") == true)
        #expect((error?.description.count ?? 0) < 600)
    }

    @Test("a time limit below a second is told as it is")
    func late() {
        let error = #expect(throws: RigError.self) {
            try ChildProcess.run(["sleep", "600"], secondsMax: 0.02)
        }
        #expect(error == RigError(.late, "sleep did not end within 0.0200 s"))
    }

    @Test("nothing is left in the temporary folder")
    func tidy() throws {
        func left() throws -> Set<String> {
            let names = try FileManager.default.contentsOfDirectory(atPath: "/tmp")
            return Set(names.filter { $0.hasPrefix("rig-own-") })
        }
        let before = try left()
        for _ in 0..<3 {
            let scratch = try ScratchDirectory(prefix: "rig-own")
            try FileManager.default.createDirectory(
                atPath: scratch.file("a/b"), withIntermediateDirectories: true)
            try TextFile.write("x", to: scratch.file("a/b/c"))
            #expect(try left().count > before.count)
        }
        #expect(try left() == before)
    }
}

@Suite("Registry of programs")
struct ChildRegistryTests {
    /// A number that no process of this machine has: beyond the largest of the kernel's.
    private static let pid: Int32 = 0x7fff_0001

    @Test("a group is remembered until it is forgotten, and forgetting twice does no harm")
    func remembered() {
        ChildRegistry.add(Self.pid)
        #expect(ChildRegistry.remembered.contains(Self.pid))
        ChildRegistry.remove(Self.pid)
        #expect(!ChildRegistry.remembered.contains(Self.pid))
        ChildRegistry.remove(Self.pid)
        #expect(!ChildRegistry.remembered.contains(0))
        #expect(ChildRegistry.remembered.count <= ChildRegistry.slots)
    }
}

@Suite("Ports and sockets of the rig")
struct FreePortTests {
    @Test("a port is free for both kinds once it was found, and one kind at a time holds it")
    func holds() throws {
        let port = try FreePort.find(1)[0]
        let stream = try #require(FreePort.bound(Int32(SOCK_STREAM.rawValue), port))
        defer { close(stream.descriptor) }
        #expect(stream.port == port)
        #expect(FreePort.bound(Int32(SOCK_STREAM.rawValue), port) == nil)
        let datagram = try #require(FreePort.bound(Int32(SOCK_DGRAM.rawValue), port))
        close(datagram.descriptor)
    }

    @Test("no child inherits a socket of the search")
    func closedInChildren() throws {
        let place = try #require(FreePort.bound(Int32(SOCK_DGRAM.rawValue), 0))
        defer { close(place.descriptor) }
        #expect(fcntl(place.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("many searches at a time find ports, each its own")
    func many() throws {
        let ports = try FreePort.find(60)
        #expect(Set(ports).count == 60)
        #expect(ports.allSatisfy(FreePort.range.contains))
        #expect(try FreePort.find(0).isEmpty)
    }

    @Test("no connection of another program is given a port that was found")
    func belowClients() throws {
        let text = try #require(TextFile.read("/proc/sys/net/ipv4/ip_local_port_range"))
        let first = try #require(text.split { $0.isWhitespace }.first.flatMap { UInt16($0) })
        #expect(FreePort.range.upperBound <= first)
    }

    @Test("a probe is answered by a reply of SIP, and by nothing else")
    func probe() throws {
        let place = try #require(FreePort.bound(Int32(SOCK_DGRAM.rawValue), 0))
        defer { close(place.descriptor) }
        let probe = SIPProbe(port: place.port)
        for (reply, isSIP) in [
            ("SIP/2.0 200 OK\r\n\r\n", true), ("SIP/2.0 503 No\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\n", false), ("SIP/2.0 200", false), ("", false),
        ] {
            // The answer is there before the question, so that no second thread is needed.
            #expect(sendBack(reply, place.descriptor, probe) == isSIP)
        }
    }

    /// Lets a probe ask once to learn its address, sends it a reply, and lets it ask again.
    private func sendBack(_ reply: String, _ descriptor: Int32, _ probe: SIPProbe) -> Bool {
        #expect(!probe.isAnswered(), "nobody has answered yet")
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let bytes = Array(reply.utf8)
        unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                let count = unsafe recvfrom(descriptor, &buffer, buffer.count, 0, peer, &length)
                #expect(
                    String(decoding: buffer[..<max(0, count)], as: UTF8.self).hasPrefix("OPTIONS "))
                _ = unsafe sendto(descriptor, bytes, bytes.count, 0, peer, length)
            }
        }
        let isAnswered = probe.isAnswered()
        // What the second question left is taken, so that the next case begins anew.
        _ = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return isAnswered
    }
}

@Suite("Files of the rig")
struct TextFileTests {
    @Test(
        "what is written is read, whatever it is",
        arguments: ["", "x", "ä€\u{0}\n", String(repeating: "line\n", count: 40_000)])
    func roundTrip(_ text: String) throws {
        let scratch = try ScratchDirectory(prefix: "file-test")
        try TextFile.write("what was there before", to: scratch.file("f"))
        try TextFile.write(text, to: scratch.file("f"))
        #expect(TextFile.read(scratch.file("f")) == text)
    }

    @Test("a file without an end is read to the limit and a little more")
    func limit() {
        let text = TextFile.read("/dev/zero", bytesMax: 100_000)
        #expect((100_000..<120_000).contains(text?.utf8.count ?? 0))
    }

    @Test("what is no file is none", arguments: ["/no/such/file", "", "/proc/self/fd/x"])
    func none(_ path: String) {
        #expect(TextFile.read(path) == nil)
        #expect(TextFile.tail(path) == "")
    }

    @Test(
        "the tail is the last lines, or all of them",
        arguments: [(0, ""), (1, "c"), (2, "b\nc"), (3, "a\nb\nc"), (9, "a\nb\nc")])
    func tail(_ lines: Int, _ text: String) throws {
        let scratch = try ScratchDirectory(prefix: "file-test")
        try TextFile.write("a\nb\n\nc\n", to: scratch.file("f"))
        #expect(TextFile.tail(scratch.file("f"), lines: lines) == text)
    }

    @Test("a directory of the rig is entered by others and is empty at first")
    func directory() throws {
        let scratch = try ScratchDirectory(prefix: "file-test")
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path)
        #expect(attributes[.posixPermissions] as? Int == 0o755)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
        #expect(scratch.file("a") == scratch.path + "/a")
        #expect(throws: RigError.self) { try ScratchDirectory(prefix: "no/such") }
    }

    @Test("a background thread runs its work once")
    func thread() throws {
        let scratch = try ScratchDirectory(prefix: "file-test")
        let file = scratch.file("f")
        BackgroundThread.start { try? TextFile.write("done", to: file) }
        #expect(Patience(seconds: 20).wait { TextFile.read(file) == "done" })
    }
}
