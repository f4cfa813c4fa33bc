public import Basics

/// Finds out where SIP URIs lead (RFC 3263).
public protocol DestinationResolver: AnyObject, Sendable {
    /// Where a URI leads, as far as it is known at once: from an address, or from answers that are
    /// still good. The best candidate comes first; nil when a name server has to be asked.
    func known(_ uri: Span<UInt8>) throws(ForwardFailure) -> [Origin]?

    /// Asks whom it takes to ask, and calls back once, on a thread of its own.
    ///
    /// There is at least one candidate, or a failure.
    func resolve(
        _ uri: [UInt8], _ done: @escaping @Sendable (Result<[Origin], ForwardFailure>) -> Void)
}

/// Follows addresses and no names.
public final class AddressesOnly: DestinationResolver {
    /// The one that all share.
    public static let shared = AddressesOnly()
    private init() {}

    /// The address in the URI; a name is an error.
    public func known(_ uri: Span<UInt8>) throws(ForwardFailure) -> [Origin]? {
        [try ScriptContext.hop(uri)]
    }

    /// The same, told at once.
    public func resolve(
        _ uri: [UInt8], _ done: @escaping @Sendable (Result<[Origin], ForwardFailure>) -> Void
    ) {
        do throws(ForwardFailure) {
            done(.success([try ScriptContext.hop(uri.span)]))
        } catch {
            done(.failure(error))
        }
    }
}

extension Services {
    /// Addresses only, where there is no name server.
    public var resolver: any DestinationResolver { AddressesOnly.shared }
}
