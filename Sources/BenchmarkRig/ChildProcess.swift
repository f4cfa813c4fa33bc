internal import Basics
internal import Glibc
internal import Synchronization

/// A program that was started here, in a session of its own, so that it can be ended with all its
/// children.
public final class ChildProcess: Sendable {
    /// Process number, also that of its process group.
    public let pid: Int32
    /// What was started, for messages.
    public let name: String
    /// The status of the end, as wait(2) has it; nil while it runs.
    private let status = Guarded<Int32?>(nil)
    /// Whether its whole group was told to end.
    private let isGroupEnded = Atomic<Bool>(false)

    /// Starts `arguments`, found along PATH, with its output in the file `output`.
    ///
    /// Standard error goes to the same file, appended, so that the reason why a program ended is
    /// found in one place.
    public init(
        _ arguments: [String], output: String = "/dev/null", input: String = "/dev/null"
    ) throws(RigError) {
        name = arguments.first ?? ""
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        // Threads of Swift's pool block all signals, and a child would inherit that: a server whose
        // timer is SIGALRM would then never see its timer.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        let flags = Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK)
        unsafe posix_spawnattr_setflags(&attributes, flags)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { for index in arguments.indices { unsafe free(words[index]) } }
        var started: pid_t = 0
        let code = unsafe posix_spawnp(&started, name, &actions, &attributes, words, environ)
        guard code == 0 else {
            let reason = unsafe String(cString: strerror(code))
            throw RigError(.missing, "cannot start \(name): \(reason)")
        }
        pid = started
        ChildRegistry.add(started)
    }

    deinit { end(graceSeconds: 0) }

    /// The exit status once it has ended (128 + signal when a signal ended it), else nil.
    public var exitStatus: Int32? {
        status.withLock { known in
            if known != nil { return known }
            var raw: Int32 = 0
            guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { return nil }
            known = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
            return known
        }
    }

    /// Whether it has not ended.
    public var isRunning: Bool { exitStatus == nil }

    /// Sends SIGTERM, waits up to `graceSeconds`, and then kills what is left of the group.
    ///
    /// Only the first call does something: once the group is gone, its number may be another's.
    public func end(graceSeconds: Double) {
        guard !isGroupEnded.exchange(true, ordering: .relaxed) else { return }
        if isRunning, graceSeconds > 0 {
            kill(pid, SIGTERM)
            _ = Patience(seconds: graceSeconds).wait { !self.isRunning }
        }
        kill(-pid, SIGKILL)
        if isRunning { _ = Patience(seconds: 10).wait { !self.isRunning } }
        ChildRegistry.remove(pid)
    }

    /// Runs a program to its end and returns its output, at most 4 MiB; a status other than 0 is
    /// an error.
    @discardableResult
    public static func run(
        _ arguments: [String], input: String = "/dev/null", secondsMax: Double
    ) throws(RigError) -> String {
        var template = Array("/tmp/rig-output-XXXXXX".utf8CString)
        let descriptor = unsafe template.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { unsafe mkstemp(base) } else { Int32(-1) }
        }
        guard descriptor >= 0 else { throw RigError(.system, "cannot make a temporary file") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let output = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(descriptor)
            unsafe unlink(output)
        }
        let child = try ChildProcess(arguments, output: output, input: input)
        guard Patience(seconds: secondsMax).wait({ !child.isRunning }) else {
            let limit = BenchmarkTable.number(secondsMax)
            throw RigError(.late, "\(child.name) did not end within \(limit) s")
        }
        let text = TextFile.read(output) ?? ""
        guard child.exitStatus == 0 else {
            let status = child.exitStatus ?? -1
            throw RigError(.ended, "\(child.name) ended with status \(status): \(text.suffix(500))")
        }
        return text
    }
}
