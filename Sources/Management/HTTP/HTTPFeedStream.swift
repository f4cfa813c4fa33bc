internal import CMicroHTTPD
internal import Glibc

/// A feed on its way to a client: a worker waits for its bytes, as long as both sides want.
enum HTTPFeedStream {
    /// A response without end, and what a worker has to do for it.
    @unsafe static func response(
        _ feed: any HTTPFeed, _ connection: OpaquePointer
    ) -> (response: OpaquePointer?, rest: HTTPWorkers.Work?) {
        // A descriptor of its own: the library may close the connection's while it is waited for,
        // and the next connection gets the number.
        let socket = unsafe dup(cmicrohttpd_socket(connection))
        let pipe = unsafe HTTPPipe(connection, first: [], whenGone: { feed.close() })
        guard socket >= 0, let response = unsafe HTTPPipe.response(pipe) else {
            if socket >= 0 { Glibc.close(socket) }
            feed.close()
            return (nil, nil)
        }
        return unsafe (
            response,
            {
                while let bytes = feed.next(connection: socket), pipe.put(bytes) {}
                pipe.finish()
                Glibc.close(socket)
                return .reusable
            }
        )
    }
}
