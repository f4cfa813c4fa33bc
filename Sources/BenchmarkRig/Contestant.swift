/// A server that takes part: which program it is and how it is started.
///
/// Both seats of the table take any of the two: Kamailio against itself shows how far the numbers
/// of a machine can be trusted.
public struct Contestant: Sendable, Equatable {
    /// The two families of programs.
    public enum Kind: Sendable, Equatable {
        /// Stock Kamailio.
        case kamailio
        /// This project's server.
        case roost
    }

    /// The program's path, or a name found along PATH.
    public let binary: String
    /// Which of the two it is.
    public let kind: Kind

    /// A program; one whose file is called `kamailio` is started as Kamailio is.
    ///
    /// Only the name of the file counts, so that our program may stand in a folder of any name.
    public init(binary: String) {
        self.binary = binary
        kind = binary.split(separator: "/").last == "kamailio" ? .kamailio : .roost
    }

    /// Name in messages.
    public var name: String { kind == .kamailio ? "kamailio" : "roost" }

    /// The command line.
    ///
    /// Kamailio as an expert runs it: the allocator TLSF, because the default one checks every
    /// fragment and makes it several times slower, and memory enough for a million contacts.
    public func command(configuration: String, directory: String, defines: [String]) -> [String] {
        let common =
            ["-f", configuration, "-DD", "-E", "-Y", directory]
            + defines.flatMap { ["-A", $0] }
        guard kind == .kamailio else { return [binary] + common }
        return [binary, "-x", "tlsf", "-X", "tlsf", "-m", "2048", "-M", "64"] + common
            + ["-P", "\(directory)/pid"]
    }
}
