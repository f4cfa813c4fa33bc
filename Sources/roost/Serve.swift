import ArgumentParser
import Foundation
import Basics
import Server

/// Runs the server, with kamailio's options.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server (the default).")

    @Option(name: .customShort("f"), help: "The configuration file.")
    var file = "/etc/kamailio/kamailio.cfg"

    @Flag(name: .customShort("c"), help: "Check the configuration and exit.")
    var checks = false

    @Option(
        name: .customShort("A", allowingJoined: true),
        help: "Define NAME or NAME=VALUE before the configuration is read.")
    var defines: [String] = []

    @Option(name: .customShort("l"), help: "Listen on this address, too: udp:127.0.0.1:5060.")
    var listens: [String] = []

    @Option(name: .customShort("n"), help: "UDP workers a socket.")
    var children = 0

    @Flag(name: .customShort("d"), help: "Log more; may be repeated.")
    var debug: Int

    @Flag(name: .customShort("E"), help: "Log to standard error.")
    var logsToStandardError = false

    @Option(name: .customShort("P"), help: "Write the process number to this file.")
    var pidFile: String?

    @Option(name: .customShort("w"), help: "Change to this directory first.")
    var workingDirectory: String?

    @Option(name: .customShort("Y"), help: "Directory for sockets and embedded data.")
    var runtimeDirectory: String?

    @Option(name: .customShort("u"), help: "Become this user once sockets are bound.")
    var user: String?

    @Option(name: .customShort("g"), help: "Become this group once sockets are bound.")
    var group: String?

    @Flag(name: .customShort("T"), help: "Do not listen on TCP.")
    var disablesTCP = false

    @Option(name: .customShort("a"), help: "Whether local names are aliases: yes or no.")
    var autoAliases: String?

    @Flag(name: .customShort("v"), help: "Print the version.")
    var printsVersion = false

    @Option(name: .customLong("help-module"), help: "Print the reference page of a module.")
    var helpModule: String?

    @OptionGroup(title: "Accepted for kamailio's sake, without effect")
    var ignored: IgnoredOptions

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

    private func printHelp(_ module: String) throws {
        guard let page = ModulePages.page(module) else {
            throw ValidationError("there is no module \"\(module)\"")
        }
        print(page, terminator: "")
    }

    private static func flag(_ text: String) throws -> Bool {
        switch text.lowercased() {
        case "yes", "on", "1": true
        case "no", "off", "0": false
        default: throw ValidationError("-a takes yes or no, not \"\(text)\"")
        }
    }
}

/// Options of kamailio's that mean nothing to one process with a general allocator.
struct IgnoredOptions: ParsableArguments {
    @Flag(name: .customShort("D"), help: "Stay in the foreground (always so).")
    var foreground: Int

    @Flag(name: .customShort("e"), help: "Colour the log.")
    var color = false

    @Option(name: .customShort("m"), help: "Shared memory in megabytes.")
    var sharedMemory: String?

    @Option(name: .customShort("M"), help: "Private memory in megabytes.")
    var privateMemory: String?

    @Option(name: .customShort("N"), help: "TCP workers.")
    var tcpChildren: String?

    @Option(name: .customShort("L"), help: "Where modules are (they are built in).")
    var modulePath: String?

    @Option(name: .customShort("x"), help: "The shared memory's allocator.")
    var sharedAllocator: String?

    @Option(name: .customShort("X"), help: "The private memory's allocator.")
    var privateAllocator: String?

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
