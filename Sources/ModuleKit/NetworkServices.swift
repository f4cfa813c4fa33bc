public import Basics

/// What modules may ask of the network outside of a script's turn: keep-alives, probes, watching.
///
/// A script's answers go through `ScriptContext.outbox`; this is for what nobody asked for.
public protocol NetworkServices: AnyObject, Sendable {
    /// Sends one message from any thread; `destination.source` is where it goes.
    ///
    /// A datagram leaves by the socket that is named, else by the first of the address family; a
    /// stream by the connection that is named, else by one to the same address and port, else by
    /// one that is opened for it. What cannot be sent is dropped and counted.
    func send(_ bytes: Span<UInt8>, to destination: Origin)
    /// Whether the connection of a number is open.
    func isOpen(connection: Int64) -> Bool
    /// Closes the connection of a number, if it is open.
    func close(connection: Int64)
    /// All stream connections as they are now; asking waits for their threads, so no worker may.
    var streams: [StreamReading] { get }
    /// Has every reply that arrives shown to `taker`, which says whether it was meant for it; then
    /// neither the script nor anybody else sees it.
    ///
    /// It is to be called in a module's `start`, before the first message. `taker` runs on the
    /// worker that received the reply, between messages: it must be brief.
    func takeReplies(_ taker: @escaping @Sendable (ScriptContext) -> Bool)
    /// Has every worker call `turn` after each batch of messages, for work that may wait until
    /// their answers are out.
    ///
    /// It is to be called in a module's `start`. A turn does a small part of what there is to do,
    /// writes into the context's outbox, and says whether more remains for this worker; then its
    /// next turn comes right after the messages that have arrived meanwhile.
    func takeTurns(_ turn: @escaping @Sendable (ScriptContext) -> Bool)
    /// Has `taker` told of each message that could not be sent on a stream, and of each connection
    /// that has ended (RFC 3261 18.4).
    ///
    /// It is to be called in a module's `start`. It runs on whichever thread found out, which may
    /// hold locks of its own: it notes the failure and does its work elsewhere.
    func takeFailures(_ taker: @escaping @Sendable (DeliveryFailure) -> Void)
}

/// No network: what is sent goes nowhere, and no connection is open.
public final class NoNetwork: NetworkServices {
    /// The one that all share.
    public static let shared = NoNetwork()
    private init() {}
    /// Nothing is sent.
    public func send(_ bytes: Span<UInt8>, to destination: Origin) {}
    /// None is.
    public func isOpen(connection: Int64) -> Bool { false }
    /// There is none.
    public func close(connection: Int64) {}
    /// None arrives.
    public func takeReplies(_ taker: @escaping @Sendable (ScriptContext) -> Bool) {}
    /// There are no workers.
    public func takeTurns(_ turn: @escaping @Sendable (ScriptContext) -> Bool) {}
    /// None happens.
    public func takeFailures(_ taker: @escaping @Sendable (DeliveryFailure) -> Void) {}
}

extension NetworkServices {
    /// No connection.
    public var streams: [StreamReading] { [] }
}

extension Services {
    /// No network.
    public var network: any NetworkServices { NoNetwork.shared }
}
