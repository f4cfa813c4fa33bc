internal import Basics
internal import Foundation
internal import Glibc
internal import Synchronization

/// A name server on 127.0.0.1, over UDP and TCP, that answers from a table.
public final class LoopbackNameServer: Sendable {
    /// Its port, the same for UDP and TCP.
    public let port: UInt16
    private let state: Guarded<State>

    /// What the lock guards.
    private struct State {
        var zone: NameZone
        var questions: [String] = []
        var streamQuestions = 0
        var isStopped = false
    }

    /// The sockets, which the thread alone uses.
    private struct Sockets {
        let datagrams: Int32
        let listener: Int32
        var streams: [Int32] = []
    }

    /// Starts a server on a free port.
    public init(_ zone: NameZone) throws {
        state = Guarded(State(zone: zone))
        var found: (UInt16, Sockets)?
        for port in try FreePorts.take(4) where found == nil {
            guard let datagrams = Self.bound(SOCK_DGRAM, port) else { continue }
            guard let listener = Self.bound(SOCK_STREAM, port), listen(listener, 16) == 0 else {
                close(datagrams)
                continue
            }
            found = (port, Sockets(datagrams: datagrams, listener: listener))
        }
        guard let found else { throw StartedProgram.Failure(description: "no port to listen on") }
        port = found.0
        let sockets = found.1
        let thread = Thread { [weak self] in Self.run(sockets) { self } }
        thread.name = "name-server"
        thread.start()
    }

    /// Starts a server from a table of text; see `NameZone`.
    public convenience init(_ zone: String) throws { try self.init(NameZone(zone)) }

    deinit { stop() }

    /// Says something else from now on.
    public func change(_ zone: NameZone) { state.withLock { $0.zone = zone } }

    /// What was asked so far, as `name type`, in the order of arrival.
    public var questions: [String] { state.withLock { $0.questions } }

    /// How many questions came over TCP.
    public var streamQuestions: Int { state.withLock { $0.streamQuestions } }

    /// Closes the sockets, as a server that dies does; within a moment.
    public func stop() { state.withLock { $0.isStopped = true } }

    /// The reply to a question; nil for silence.
    private func reply(_ query: [UInt8], overStream: Bool) -> [UInt8]? {
        guard let (name, type) = NameZone.question(query) else { return nil }
        let zone = state.withLock { state in
            state.questions.append("\(name) \(type)")
            if overStream { state.streamQuestions += 1 }
            return state.zone
        }
        return zone.reply(to: query, overStream: overStream)
    }

    /// Serves until the server is stopped or nobody holds it any more.
    private static func run(_ sockets: Sockets, _ server: () -> LoopbackNameServer?) {
        var sockets = sockets
        while let server = server(), !server.state.withLock({ $0.isStopped }) {
            var watched = ([sockets.datagrams, sockets.listener] + sockets.streams).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard unsafe poll(&watched, nfds_t(watched.count), 20) > 0 else { continue }
            if watched[0].revents != 0 { server.answerDatagram(sockets.datagrams) }
            if watched[1].revents != 0 {
                let stream = accept(sockets.listener, nil, nil)
                if stream >= 0 { sockets.streams.append(stream) }
            }
            for entry in watched.dropFirst(2) where entry.revents != 0 {
                guard !server.answerStream(entry.fd) else { continue }
                close(entry.fd)
                sockets.streams.removeAll { $0 == entry.fd }
            }
        }
        for descriptor in [sockets.datagrams, sockets.listener] + sockets.streams {
            close(descriptor)
        }
    }

    private func answerDatagram(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe recvfrom(descriptor, $0.baseAddress, $0.count, 0, peer, &length)
                }
                guard count > 0, let reply = reply(Array(buffer[..<count]), overStream: false)
                else { return }
                _ = unsafe reply.withUnsafeBytes {
                    unsafe sendto(descriptor, $0.baseAddress, $0.count, 0, peer, length)
                }
            }
        }
    }

    /// Answers one question of a stream (RFC 1035 4.2.2); false when the stream is at its end.
    private func answerStream(_ descriptor: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        // The client writes length and question at once, and the loopback device keeps them so.
        guard count > 2 else { return false }
        guard let reply = reply(Array(buffer[2..<count]), overStream: true) else { return true }
        let framed = [UInt8(reply.count >> 8), UInt8(reply.count & 255)] + reply
        return unsafe framed.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        } > 0
    }

    /// A socket of the loopback address with a port; nil when it cannot be had.
    private static func bound(_ kind: __socket_type, _ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let address = SocketAddress(isIPv6: false, port: port)
        if unsafe address.withPointer({ unsafe bind(descriptor, $0, $1) == 0 }) {
            return descriptor
        }
        close(descriptor)
        return nil
    }
}
