internal import CMicroHTTPD

/// A response of the library's, complete with its header fields, that waits to be queued.
///
/// It holds the one reference that is ours, and lets go of it when the response is queued, or when
/// nobody holds this any more: a response that goes through a pipe has to end with its connection,
/// whoever still holds this.
///
/// Sendable because it is handed from the worker that made it to the thread that queues it, and
/// only one of them uses it.
@safe final class HTTPResponse: @unchecked Sendable {
    private let status: UInt32
    private var response: OpaquePointer?

    /// A response with a status; it takes the reference over.
    init(_ status: UInt32, _ response: OpaquePointer) {
        self.status = status
        unsafe self.response = unsafe response
    }

    deinit { drop() }

    /// Queues it, once.
    @unsafe func queue(_ connection: OpaquePointer) -> MHD_Result {
        defer { drop() }
        guard let response = unsafe response else { return .NO }
        return unsafe MHD_queue_response(connection, status, response)
    }

    /// Lets go of the reference.
    func drop() {
        if let response = unsafe response { unsafe MHD_destroy_response(response) }
        unsafe response = nil
    }
}
