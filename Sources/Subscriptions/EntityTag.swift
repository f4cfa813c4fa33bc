public import Basics

/// What makes the names of this run differ from those of other runs, and keeps them unguessable.
public struct AgentSeed: Sendable {
    /// When this run began, in seconds.
    public var time: UInt32
    /// Number of the process.
    public var process: UInt32
    /// A secret drawn at random: tags and the cut into shards come from it.
    public var secret: (UInt64, UInt64)

    /// A seed; two runs of one server must not share it.
    public init(time: UInt32, process: UInt32, secret: (UInt64, UInt64)) {
        self.time = time
        self.process = process
        self.secret = secret
    }
}

/// An entity tag of this run, `a.START.PROCESS.RANDOM.NUMBER` (RFC 3903 8): Kamailio's shape with
/// 64 bits that nobody can guess.
public struct EntityTag: Sendable, Hashable {
    /// When the run began that made it.
    let time: UInt32
    /// The process of that run.
    let process: UInt32
    /// Drawn for the publication.
    let random: UInt64
    /// Counts the changes of the publication.
    let number: UInt32

    /// Writes the tag: characters of a token, at most 64.
    public func write(into writer: inout ByteWriter) {
        writer.append("a.")
        writer.append(decimal: time)
        writer.append(UInt8(ascii: "."))
        writer.append(decimal: process)
        writer.append(UInt8(ascii: "."))
        writer.append(hexadecimal: random, width: 16)
        writer.append(UInt8(ascii: "."))
        writer.append(decimal: number)
    }
}
