import ArgumentParser
import Basics
import Server

/// Runs the server, with kamailio's options.
///
/// Letters and meanings are Kamailio's, so that service files need not change. Where an option and
/// the configuration say different things, the option wins.
struct Serve: AsyncParsableCommand {
    /// How the command is called, and its line in the help.
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server (the default).")

    /// `-f`: the configuration; the default is where Kamailio's is, so that a replacement needs no
    /// argument.
    @Option(name: .customShort("f"), help: "The configuration file.")
    var file = "/etc/kamailio/kamailio.cfg"

    /// `-c`: nothing is bound and nothing is opened, so it is safe beside a running server.
    @Flag(name: .customShort("c"), help: "Check the configuration and exit.")
    var checks = false

    /// `-A`: a definition for the preprocessor of the configuration; may be repeated.
    @Option(
        name: .customShort("A", allowingJoined: true),
        help: "Define NAME or NAME=VALUE before the configuration is read.")
    var defines: [String] = []

    /// `-l`: an address beside those of the configuration; may be repeated.
    @Option(name: .customShort("l"), help: "Listen on this address, too: udp:127.0.0.1:5060.")
    var listens: [String] = []

    /// `-n`: comes before core parameter `children`; 0 leaves it to that.
    @Option(name: .customShort("n"), help: "UDP workers a socket.")
    var children = 0

    /// `-d`: each raises core parameter `debug` by one.
    @Flag(name: .customShort("d"), help: "Log more; may be repeated.")
    var debug: Int

    /// `-E`: comes before `log_stderror`; supervisors and containers collect that stream.
    @Flag(name: .customShort("E"), help: "Log to standard error.")
    var logsToStandardError = false

    /// `-P`: the file is removed again at the stop.
    @Option(name: .customShort("P"), help: "Write the process number to this file.")
    var pidFile: String?

    /// `-w`: changed to once the configuration is read.
    @Option(name: .customShort("w"), help: "Change to this directory first.")
    var workingDirectory: String?

    /// `-Y`: where relative paths of sockets and embedded databases start.
    @Option(name: .customShort("Y"), help: "Directory for sockets and embedded data.")
    var runtimeDirectory: String?

    /// `-u`: a name or a number; comes before core parameter `user`.
    @Option(name: .customShort("u"), help: "Become this user once sockets are bound.")
    var user: String?

    /// `-g`: a name or a number; comes before core parameter `group`.
    @Option(name: .customShort("g"), help: "Become this group once sockets are bound.")
    var group: String?

    /// `-T`: UDP alone is heard, whatever the configuration lists.
    @Flag(name: .customShort("T"), help: "Do not listen on TCP.")
    var disablesTCP = false

    /// `-a`: comes before core parameter `auto_aliases`.
    @Option(name: .customShort("a"), help: "Whether local names are aliases: yes or no.")
    var autoAliases: String?

    /// `-v`: the version and nothing else, for scripts that ask which server is there.
    @Flag(name: .customShort("v"), help: "Print the version.")
    var printsVersion = false

    /// `--help-module`: a module's name, `all` for every page, or `README` for their list.
    @Option(name: .customLong("help-module"), help: "Print the reference page of a module.")
    var helpModule: String?

    /// Options that a service file of Kamailio's may hold; the log names those that were given.
    @OptionGroup(title: "Accepted for kamailio's sake, without effect")
    var ignored: IgnoredOptions

    /// Hands the options to the server and ends with its status.
    ///
    /// What needs no server is answered first, even beside options that make no sense together.
    func run() async throws {
        if printsVersion {
            print(ProductVersion.banner)
            return
        }
        if let helpModule { return try printHelp(helpModule) }
        var options = LaunchOptions()
        options.file = file
        for define in defines { options.define(define) }
        options.listens = listens
        options.children = children
        options.debug = debug
        options.logsToStandardError = logsToStandardError || ignored.color
        options.pidFile = pidFile
        options.workingDirectory = workingDirectory
        options.runtimeDirectory = runtimeDirectory
        options.user = user
        options.group = group
        options.disablesTCP = disablesTCP
        options.autoAliases = try autoAliases.map(Self.flag)
        options.ignored = ignored.given
        options.commandLine = CommandLine.arguments
        let status = checks ? Launcher.check(options) : await Launcher.run(options)
        guard status == 0 else { throw ExitCode(status) }
    }

    /// Prints one page as Markdown; an unknown name is an error with the usage.
    private func printHelp(_ module: String) throws {
        guard let page = ModulePages.page(module) else {
            throw ValidationError("there is no module \"\(module)\"")
        }
        print(page, terminator: "")
    }

    /// Reads the words that Kamailio takes for yes and no.
    private static func flag(_ text: String) throws -> Bool {
        switch text.lowercased() {
        case "yes", "on", "1": true
        case "no", "off", "0": false
        default: throw ValidationError("-a takes yes or no, not \"\(text)\"")
        }
    }
}

/// Options of kamailio's that mean nothing to one process with a general allocator.
///
/// They are taken with their values and passed over: refusing them would make every service file a
/// thing to edit before a trial.
struct IgnoredOptions: ParsableArguments {
    /// `-D`: there is no daemon to leave; a supervisor runs the program in the foreground.
    @Flag(name: .customShort("D"), help: "Stay in the foreground (always so).")
    var foreground: Int

    /// `-e`: sends the log to standard error like `-E`, without colours.
    @Flag(name: .customShort("e"), help: "Colour the log.")
    var color = false

    /// `-m`: memory is taken as it is needed.
    @Option(name: .customShort("m"), help: "Shared memory in megabytes.")
    var sharedMemory: String?

    /// `-M`: there are no processes with memory of their own.
    @Option(name: .customShort("M"), help: "Private memory in megabytes.")
    var privateMemory: String?

    /// `-N`: core parameter `tcp_children` decides.
    @Option(name: .customShort("N"), help: "TCP workers.")
    var tcpChildren: String?

    /// `-L`: all modules are part of the program.
    @Option(name: .customShort("L"), help: "Where modules are (they are built in).")
    var modulePath: String?

    /// `-x`: there is one allocator, that of the system.
    @Option(name: .customShort("x"), help: "The shared memory's allocator.")
    var sharedAllocator: String?

    /// `-X`: the same holds for it.
    @Option(name: .customShort("X"), help: "The private memory's allocator.")
    var privateAllocator: String?

    /// `-O`: a script is always compiled as a whole.
    @Option(name: .customShort("O"), help: "How far scripts are optimised.")
    var optimization: String?

    /// Those that were given, for the log.
    var given: [String] {
        let options: [(String, Bool)] = [
            ("-e", color), ("-m", sharedMemory != nil), ("-M", privateMemory != nil),
            ("-N", tcpChildren != nil), ("-L", modulePath != nil), ("-x", sharedAllocator != nil),
            ("-X", privateAllocator != nil), ("-O", optimization != nil),
        ]
        return options.filter(\.1).map(\.0)
    }
}
