internal import Glibc

/// How a program is started: in a process group of its own, reading and printing where it is told.
struct ProgramStart {
    /// The file to run.
    let path: String
    /// Its arguments, its name first.
    let arguments: [String]
    /// What it reads: a descriptor, or nothing at -1.
    var input: Int32 = -1
    /// The file that takes what it prints; it is added to.
    var output = "/dev/null"

    /// Starts it and returns its process number; nil when the system refuses.
    func run() -> Int32? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if input >= 0 {
            unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
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
}
