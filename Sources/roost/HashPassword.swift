import ArgumentParser
import Digest
import Glibc

/// Makes the hash of a password, or a token with its hash, for `modparam("microhttpd", ...)`.
///
/// The password is read from the terminal without being shown, or from standard input; it is never
/// an argument, since everyone on the machine can read those.
struct HashPassword: ParsableCommand {
    /// How the command is called, and its line in the help.
    static let configuration = CommandConfiguration(
        commandName: "hash-password",
        abstract: "Make the hash of a password or a token for module microhttpd.",
        discussion: """
            modparam("microhttpd", "user", "NAME:ROLE:HASH") takes the hash of a password, \
            modparam("microhttpd", "token", "NAME:ROLE:HASH") that of a token.
            """)

    /// A token is made here, so nothing is read.
    @Flag(help: "Make a token of 256 random bits and show it with its hash.")
    var token = false

    /// Prints the hash alone, so that a script can use it; a token goes before it.
    func run() throws {
        guard !token else {
            let token = SecretHash.newToken()
            print("token: \(token)")
            print("hash:  \(SecretHash(token: Array(token.utf8)).text)")
            return
        }
        let password = try isatty(STDIN_FILENO) == 1 ? Self.ask() : Self.readLineOfInput()
        guard !password.isEmpty else { throw ValidationError("an empty password protects nothing") }
        guard password.utf8.count <= 512 else {
            throw ValidationError("a password has at most 512 bytes")
        }
        print(SecretHash(password: Array(password.utf8)).text)
    }

    /// Asks twice, because nothing shows what was typed.
    private static func ask() throws -> String {
        let first = try prompt("Password: ")
        guard try prompt("Again: ") == first else {
            throw ValidationError("the two passwords differ")
        }
        return first
    }

    /// Reads a line while the terminal does not show it.
    private static func prompt(_ question: String) throws -> String {
        var shown = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &shown) == 0 else {
            throw ValidationError("the terminal cannot be told to show nothing")
        }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            tell("\n")
        }
        tell(question)
        return try readLineOfInput()
    }

    /// Writes to standard error: standard output is for the hash alone.
    private static func tell(_ text: String) {
        var text = text
        text.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func readLineOfInput() throws -> String {
        guard let line = readLine(strippingNewline: true) else {
            throw ValidationError("no password was given on standard input")
        }
        return line
    }
}
