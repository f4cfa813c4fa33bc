internal import Basics
internal import Synchronization

/// One side of a call as it is published.
struct PublishedSide: Sendable, Hashable {
    /// The URI of the user: `entity` and own identity of the document.
    var identity: [UInt8]
    /// Where the documents are published; empty for a side that is not.
    var presentities: [[UInt8]]
    /// The URI that the watchers of the other see.
    var shownIdentity: [UInt8]
    /// Whether something was published.
    var isPublished = false
}

/// What is kept with a call: who is published, and what was last.
final class PublishedCall: Sendable {
    /// What changes.
    struct State: Sendable {
        /// What is published for the one who calls.
        var caller: PublishedSide
        /// What is published for the one who is called.
        var callee: PublishedSide
        /// The revision of what was published last: what is older comes too late.
        var revision: UInt64 = 0
        /// Whether the phone of the callee has rung.
        var hasRung = false
    }

    /// The id of the call in documents, without the letter of the side.
    let id: String
    private let state: Guarded<State>

    /// A call that begins.
    init(id: String, caller: PublishedSide, callee: PublishedSide) {
        self.id = id
        state = Guarded(State(caller: caller, callee: callee))
    }

    /// Works on the state while nobody else does; publishing in here keeps the order of changes.
    func update<R: Sendable>(_ body: (inout State) -> R) -> R {
        state.withLock { state in body(&state) }
    }
}
