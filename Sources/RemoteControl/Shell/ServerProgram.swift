internal import Glibc

/// The server's own program, for what needs its declarations and no running server:
/// `roostctl config check` is `roost check`, `roostctl explain` is `roost explain`.
///
/// It is started and not linked in: the check is then that of the program which will read the
/// configuration, and roostctl stays free of databases and languages.
enum ServerProgram {
    /// Runs what is the server's to answer; nil when the words ask for nothing of that.
    static func run(
        _ options: ControlOptions, _ environment: [String: String], _ output: any TextOutput
    ) throws(ControlError) -> Int32? {
        var arguments: [String]
        switch (options.words.first, options.words.dropFirst().first) {
        case ("config", "check"): arguments = ["check"] + options.words.dropFirst(2)
        case ("config", _): throw ControlError(.usage, "roostctl config check FILE")
        case ("explain", _): arguments = ["explain"] + options.words.dropFirst()
        default: return nil
        }
        if options.format == .json { arguments.insert(contentsOf: ["--format", "json"], at: 1) }
        let program = try find(environment)
        output.flush()
        guard let status = start(program, arguments, output: nil) else {
            throw ControlError(.unreachable, "cannot start \(program)")
        }
        return status
    }

    /// The lines that the program prints; none when it cannot be started.
    static func lines(_ arguments: [String], _ environment: [String: String]) -> [String] {
        guard let program = try? find(environment) else { return [] }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return [] }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var bytes: [UInt8] = []
        let status = start(program, arguments, output: ends[1]) {
            close(ends[1])
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe read(ends[0], &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                bytes += buffer[..<count]
            }
        }
        close(ends[0])
        guard status == 0 else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Where the program is: as ROOST_PROGRAM says, beside this one, or where packages put it.
    private static func find(_ environment: [String: String]) throws(ControlError) -> String {
        if let named = environment["ROOST_PROGRAM"], !named.isEmpty { return named }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(
            decoding: path.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var folders = [String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])]
        folders += ["/usr/sbin", "/usr/local/sbin"]
        folders += (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders where unsafe access(folder + "/roost", X_OK) == 0 {
            return folder + "/roost"
        }
        throw ControlError(
            .unreachable,
            "this is answered by the server's program, which is not installed here: name it with "
                + "ROOST_PROGRAM")
    }

    /// Starts a program, lets `body` run beside it, waits for its end and returns its status; nil
    /// when it cannot be started.
    private static func start(
        _ program: String, _ arguments: [String], output: Int32?, _ body: () -> Void = {}
    ) -> Int32? {
        var actions = unsafe posix_spawn_file_actions_t()
        guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let output {
            unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe []
        for word in [program] + arguments { unsafe words.append(strdup(word)) }
        unsafe words.append(nil)
        defer { for place in unsafe words.indices { unsafe free(words[place]) } }
        var process: pid_t = 0
        guard unsafe posix_spawn(&process, program, &actions, nil, words, environ) == 0 else {
            return nil
        }
        body()
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        // A program that a signal ended has the status that a shell would give it.
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
