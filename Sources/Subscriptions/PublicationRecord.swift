internal import Basics

/// One published document in a slab.
struct PublicationRecord: TimerEntry {
    /// What is true of it.
    struct State: OptionSet, BitwiseCopyable, Sendable {
        /// The bits.
        let rawValue: UInt8
        /// It waits in the journal.
        static let queued = State(rawValue: 1)
        /// A write of it was handed out at least once, so a row may exist.
        static let attempted = State(rawValue: 2)
        /// A write of it was confirmed, or it was loaded.
        static let stored = State(rawValue: 4)
        /// The dialog that it tells of has ended.
        static let terminated = State(rawValue: 8)
        /// Its entity tag stands in its texts.
        static let foreignTag = State(rawValue: 16)
        /// Its unique name stands in its texts.
        static let foreignName = State(rawValue: 32)
        /// Its entity tag has changed since its row was written; the old one is remembered.
        static let renamed = State(rawValue: 64)
    }

    /// The document as it came, shared with what watchers are told; nil while it is packed.
    var body: Counted<ManagedBuffer<Int, UInt8>>?
    /// Foreign entity tag, foreign unique name, sender, and the packed document.
    var text: TextBlock<4>
    /// The random part of the entity tag and of the unique name.
    var random: UInt64
    /// The identity of the dialog that the document tells of, hashed; 0 for none.
    var dialogKey: UInt64 = 0
    /// Counts the changes of the publication: the last part of its entity tag.
    var number: UInt32 = 0
    /// The topic.
    let topic: UInt32
    /// The one behind it in retrieval order.
    var next = UInt32.max
    /// The one before it in retrieval order.
    var previous = UInt32.max
    /// Second at which it expires; 0 for hard state.
    var expires: UInt32
    /// Second of the last PUBLISH.
    var received: UInt32
    /// The column `priority`.
    var priority: Int32
    /// Its neighbours in the timer wheel; behind the longer fields, so that nothing is padded.
    var timerLink = TimerLink()
    /// What is true of it.
    var state: State = []
}
