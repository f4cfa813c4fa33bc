internal import CMicroHTTPD

/// A feed on its way to a client.
///
/// The library asks for bytes on the thread of the connection, and may be kept waiting there: that
/// is what a thread for each connection is for.
final class HTTPFeedStream {
    private let feed: any HTTPFeed
    private let socket: Int32
    private var pending: [UInt8] = []
    private var sent = 0

    private init(_ feed: any HTTPFeed, socket: Int32) {
        self.feed = feed
        self.socket = socket
    }

    deinit { feed.close() }

    /// A response without end.
    @unsafe static func response(_ feed: any HTTPFeed, socket: Int32) -> OpaquePointer? {
        unsafe MHD_create_response_from_callback(
            UInt64.max, 16 << 10,
            { (closure, _, buffer, room) in
                guard let closure = unsafe closure, let buffer = unsafe buffer else { return -2 }
                let stream = unsafe Unmanaged<HTTPFeedStream>.fromOpaque(closure)
                return unsafe stream.takeUnretainedValue().copy(into: buffer, room: room)
            },
            Unmanaged.passRetained(HTTPFeedStream(feed, socket: socket)).toOpaque(),
            { closure in
                guard let closure = unsafe closure else { return }
                unsafe Unmanaged<HTTPFeedStream>.fromOpaque(closure).release()
            })
    }

    /// The next bytes, once there are some; -1 at the end, as the library wants it.
    @unsafe private func copy(into buffer: UnsafeMutablePointer<CChar>, room: Int) -> Int {
        if sent == pending.count {
            guard let next = feed.next(connection: socket) else { return -1 }
            pending = next
            sent = 0
        }
        let count = min(room, pending.count - sent)
        unsafe pending.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe UnsafeMutableRawPointer(buffer).copyMemory(from: base + sent, byteCount: count)
        }
        sent += count
        return count
    }
}
