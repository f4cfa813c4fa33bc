public import Basics
public import JSONValue

/// Something that happened in the server, for those who watch it from outside.
public struct ServerEvent: Sendable {
    /// What kind of thing: `registration`, `expiry`, `presence`, `setting`.
    public var kind: String
    /// When.
    public var time: WallTime
    /// What, as an object.
    public var data: JSONValue
    /// An event.
    public init(_ kind: String, at time: WallTime, _ data: JSONValue) {
        self.kind = kind
        self.time = time
        self.data = data
    }
}

/// A module that tells of what happens in it.
///
/// Nothing may be paid for events that nobody wants: `tell` says which kinds are wanted from now
/// on, and is called again whenever that changes.
public protocol EventSource: AnyObject, Sendable {
    /// The kinds of events that it can tell of.
    var eventKinds: [String] { get }
    /// Tells `listener` from now on of the events of `kinds`, none when that is empty.
    ///
    /// It is always called with the same listener, and from one thread at a time. The listener
    /// returns soon and never waits; it may be called on any thread that holds no lock.
    func tell(_ kinds: Set<String>, _ listener: @escaping @Sendable (ServerEvent) -> Void)
}
