internal import Basics
internal import CMicroHTTPD
internal import Dispatch
internal import Synchronization

/// Bytes on their way from the worker that makes them to the thread that sends them; one piece at
/// most waits, so memory does not grow with the answer.
///
/// When there is nothing to send, the connection is suspended until there is.
///
/// Sendable because the connection is only used where the library allows it: it is suspended within
/// a call of the library's, and resumed while it is suspended, so that it cannot be gone.
@safe final class HTTPPipe: @unchecked Sendable {
    /// What the lock guards.
    private struct State {
        var piece: [UInt8] = []
        var sent = 0
        /// Nothing follows the piece.
        var isOver = false
        /// Nobody reads any more.
        var isGone = false
        var isSuspended = false
        var isAwaited = false
    }

    private let connection: OpaquePointer
    private let state: Guarded<State>
    private let room = DispatchSemaphore(value: 0)
    private let whenGone: @Sendable () -> Void

    /// A pipe whose first piece is there; `whenGone` is called when the response has ended.
    init(
        _ connection: OpaquePointer, first: [UInt8], whenGone: @escaping @Sendable () -> Void = {}
    ) {
        unsafe self.connection = unsafe connection
        state = Guarded(State(piece: first))
        self.whenGone = whenGone
    }

    /// A response that sends what comes through a pipe.
    @unsafe static func response(_ pipe: HTTPPipe) -> OpaquePointer? {
        unsafe MHD_create_response_from_callback(
            UInt64.max, Limits.httpPieceBytes,
            { (closure, _, buffer, room) in
                guard let closure = unsafe closure, let buffer = unsafe buffer else { return -2 }
                let pipe = unsafe Unmanaged<HTTPPipe>.fromOpaque(closure).takeUnretainedValue()
                return unsafe pipe.take(into: buffer, room: room)
            },
            Unmanaged.passRetained(pipe).toOpaque(),
            { closure in
                guard let closure = unsafe closure else { return }
                unsafe Unmanaged<HTTPPipe>.fromOpaque(closure).takeRetainedValue().end()
            })
    }

    // MARK: The worker's side

    /// Adds a piece once there is room; false when nobody reads any more.
    func put(_ piece: [UInt8]) -> Bool {
        while true {
            let step = state.withLock { state -> (isTaken: Bool, isGone: Bool, resumes: Bool) in
                if state.isGone { return (false, true, false) }
                guard state.sent == state.piece.count else {
                    state.isAwaited = true
                    return (false, false, false)
                }
                state.piece = piece
                state.sent = 0
                return (true, false, Self.resumes(&state))
            }
            if step.resumes { unsafe MHD_resume_connection(connection) }
            if step.isTaken || step.isGone { return step.isTaken }
            room.wait()
        }
    }

    /// Nothing follows.
    func finish() {
        let resumes = state.withLock { state in
            state.isOver = true
            return Self.resumes(&state)
        }
        if resumes { unsafe MHD_resume_connection(connection) }
    }

    /// Whether the connection is to be resumed by whoever asks; nobody else is told so.
    private static func resumes(_ state: inout State) -> Bool {
        defer { state.isSuspended = false }
        return state.isSuspended && !state.isGone
    }

    // MARK: The library's side

    /// The next bytes; 0 when the connection was suspended, -1 at the end, as the library wants it.
    @unsafe private func take(into buffer: UnsafeMutablePointer<CChar>, room: Int) -> Int {
        let count = state.withLock { state -> Int in
            let count = min(room, state.piece.count - state.sent)
            guard count > 0 else {
                if state.isOver { return -1 }
                state.isSuspended = true
                unsafe MHD_suspend_connection(connection)
                return 0
            }
            unsafe state.piece.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                unsafe UnsafeMutableRawPointer(buffer)
                    .copyMemory(from: base + state.sent, byteCount: count)
            }
            state.sent += count
            return count
        }
        if count >= 0 { wake() }
        return count
    }

    /// Wakes the worker when it waits for room that is there now.
    private func wake() {
        let isAwaited = state.withLock { state in
            guard state.isAwaited, state.isGone || state.sent == state.piece.count else {
                return false
            }
            state.isAwaited = false
            return true
        }
        if isAwaited { room.signal() }
    }

    /// The response has ended, and with it perhaps the connection.
    private func end() {
        state.withLock { $0.isGone = true }
        wake()
        whenGone()
    }
}
