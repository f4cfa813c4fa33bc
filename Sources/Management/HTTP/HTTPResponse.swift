internal import CMicroHTTPD

/// A response of the library's, complete with its header fields, that waits to be queued.
///
/// Whoever holds it holds the one reference to it: it is queued, or it is given back.
///
/// Sendable because it is handed from the worker that made it to the thread that queues it, and
/// only one of them has it.
@safe final class HTTPResponse: @unchecked Sendable {
    private let status: UInt32
    private let response: OpaquePointer

    /// A response with a status; it takes the reference over.
    init(_ status: UInt32, _ response: OpaquePointer) {
        self.status = status
        unsafe self.response = unsafe response
    }

    deinit { unsafe MHD_destroy_response(response) }

    /// Queues it.
    @unsafe func queue(_ connection: OpaquePointer) -> MHD_Result {
        unsafe MHD_queue_response(connection, status, response)
    }
}
