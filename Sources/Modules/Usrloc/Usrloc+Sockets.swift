internal import Basics
internal import ModuleKit
internal import Synchronization

/// Under which names sockets stand in the column `socket`.
extension UsrlocModule {
    /// Stores the addresses that sockets advertise instead of those they are bound to, so that other
    /// servers which read the rows reach this one (registrar parameter `sock_mode`).
    ///
    /// Called before the module starts.
    public func storeAdvertisedSockets() { advertisesSockets.withLock { $0 = true } }

    /// The names of the server's sockets, by their index.
    var socketNames: [String] {
        let isAdvertised = advertisesSockets.withLock { $0 }
        return services.sockets.map { socket in
            guard isAdvertised, let shown = socket.advertised else { return socket.name }
            return "\(socket.transport.name):\(shown)"
        }
    }
}
