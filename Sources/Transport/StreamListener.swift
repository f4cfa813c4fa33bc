internal import Basics
internal import Glibc
internal import Synchronization

/// A TCP socket that takes connections, until it is handed to the event loops.
final class StreamListener: Sendable {
    /// The address that it is bound to, with the port that the system chose if it was asked to.
    let address: PeerAddress
    private let descriptor: Guarded<CInt?>

    /// Binds a socket and lets peers connect; they wait until somebody accepts.
    init(_ address: PeerAddress) throws(SystemError) {
        let number = try SocketDescriptor.listen(on: address)
        do throws(SystemError) {
            self.address = try SocketDescriptor.boundAddress(number)
        } catch {
            close(number)
            throw error
        }
        descriptor = Guarded(number)
    }

    deinit {
        if let number = take() { close(number) }
    }

    /// Hands the descriptor over to whoever closes it from now on; nil the second time.
    func take() -> CInt? { descriptor.withLock { $0.take() } }
}
