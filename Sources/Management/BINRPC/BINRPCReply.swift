internal import Basics
internal import JSONValue
internal import ModuleKit
internal import Synchronization

/// The result of one command on its way to a BINRPC client, made page by page.
///
/// The command's stream is asked for no more than one page ahead, so what waits for the next
/// `ctl.more` is a stream and at most one page, however large the table behind it.
final class BINRPCReply: Sendable {
    /// One packet's body.
    struct Page {
        /// The body in pieces.
        var pieces: [[UInt8]]
        /// Whether nothing follows it.
        var isLast: Bool
    }

    /// What the making of pages goes on with.
    private struct State: ~Copyable {
        var body: BINRPCReplyBody
        var reader = JSONPartsReader()
        var writer = JSONWriter(capacity: Limits.httpPieceBytes)
        /// How much of what is written was read.
        var place = 0
        /// What writes more, nil at the end.
        var stream: (any ResultStream)?
        /// The next page, where it was made ahead.
        var ahead: Ahead?
    }

    /// A page that nobody has asked for yet; it may turn out that there is none.
    private enum Ahead {
        case page(Page)
        case nothing
    }

    private let state: Guarded<State>

    /// A reply whose pages have at most `limit` bytes.
    init(_ outcome: RPCOutcome, limit: Int, sizes: BINRPCSizes = BINRPCSizes()) {
        var state = State(body: BINRPCReplyBody(limit: limit, sizes: sizes))
        switch outcome {
        // An empty reply: kamcmd prints nothing.
        case .done: break
        case .value(let value): state.writer.value(value)
        case .stream(let stream): state.stream = stream
        }
        self.state = Guarded(state)
    }

    /// The next page; nil when something in the result is larger than a page and cannot be left
    /// out.
    func nextPage() -> Page? {
        state.withLock { state in
            switch state.ahead.take() {
            case .page(let page): page
            case .nothing: nil
            case nil: Self.make(&state)
            }
        }
    }

    /// Makes the next page before it is asked for, while the client shows the one before.
    ///
    /// A client such as kamcmd prints as long as the server encodes; done in turns, a dump takes
    /// the sum of both.
    func makeAhead() {
        state.withLock { state in
            guard state.ahead == nil else { return }
            state.ahead = Self.make(&state).map { .page($0) } ?? .nothing
        }
    }

    private static func make(_ state: inout State) -> Page? {
        // Out of the state for the while: its bytes are read while the state changes.
        var writer = JSONWriter(capacity: 16)
        swap(&writer, &state.writer)
        let page = next(&state, &writer)
        swap(&writer, &state.writer)
        return page
    }

    private static func next(_ state: inout State, _ writer: inout JSONWriter) -> Page? {
        while true {
            let place = state.reader.read(
                writer.bytes.span, from: state.place, into: &state.body)
            guard let place else { return nil }
            state.place = place
            if !state.body.isFull {
                writer.bytes.removeAll()
                state.place = 0
                if let stream = state.stream {
                    if !stream.produce(into: &writer) { state.stream = nil }
                    continue
                }
                state.body.finish()
            }
            if state.body.isTooLarge { return nil }
            if state.body.isFull { return Page(pieces: state.body.takePage(), isLast: false) }
            return Page(pieces: state.body.takeRest(), isLast: true)
        }
    }
}
