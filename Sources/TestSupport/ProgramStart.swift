internal import Glibc

/// How a program is started: in a process group of its own, reading and printing where it is told.
struct ProgramStart {
    /// The file to run.
    let path: String
    /// Its arguments, its name first.
    let arguments: [String]
    /// The file that it reads.
    var input = "/dev/null"
    /// A descriptor that it reads instead; none at -1.
    var inputDescriptor: Int32 = -1
    /// The file that takes what it prints; it is added to.
    var output = "/dev/null"

    /// Starts it and returns its process number; nil when the system refuses.
    func run() -> Int32? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if inputDescriptor >= 0 {
            unsafe posix_spawn_file_actions_adddup2(&actions, inputDescriptor, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        if let closeFrom = unsafe Self.closeFrom { _ = unsafe closeFrom(&actions, 3) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        // A test's threads may block signals and ignore some; what it starts must not.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        let flagsOfStart =
            POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flagsOfStart))
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { for index in arguments.indices { unsafe free(words[index]) } }
        var number: pid_t = 0
        let code = unsafe posix_spawn(&number, path, &actions, &attributes, words, environ)
        return code == 0 ? number : nil
    }

    /// The type of `posix_spawn_file_actions_addclosefrom_np`.
    private typealias CloseFrom =
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    /// The C library has it since 2.34, but hides it from Swift.
    ///
    /// Without it a program would inherit
    /// the pipes of other tests, which then wait for their end as long as it lives.
    private static let closeFrom: CloseFrom? = {
        let symbol = unsafe dlsym(nil, "posix_spawn_file_actions_addclosefrom_np")
        guard let symbol = unsafe symbol else { return nil }
        return unsafe unsafeBitCast(symbol, to: CloseFrom.self)
    }()
}
