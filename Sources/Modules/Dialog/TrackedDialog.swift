internal import Basics
public import ModuleKit
internal import Synchronization

/// A call that is followed.
///
/// Workers, timers and commands share it; what changes lies behind one lock that is held for a few
/// assignments and never while anybody is told of a change.
public final class TrackedDialog: Sendable {
    /// Its slot, from the hash of its Call-ID.
    public let entry: UInt32
    /// Its number within all of the server's.
    public let number: UInt32
    /// The Call-ID.
    public let callID: [UInt8]
    /// The branch of the topmost Via of its INVITE, which a retransmission has too.
    let inviteBranch: [UInt8]
    /// Its place among the timers.
    let timer: UInt32
    private let record: Guarded<DialogRecord>
    private let attachments = Guarded<[ObjectIdentifier: any AnyObject & Sendable]>([:])

    /// A call whose INVITE has come.
    init(
        entry: UInt32, number: UInt32, callID: [UInt8], inviteBranch: [UInt8], timer: UInt32,
        _ record: DialogRecord
    ) {
        precondition(!record.caller.tag.isEmpty && !callID.isEmpty)
        self.entry = entry
        self.number = number
        self.callID = callID
        self.inviteBranch = inviteBranch
        self.timer = timer
        self.record = Guarded(record)
    }

    /// All that is known of it now.
    public var snapshot: DialogRecord { record.withLock { $0 } }

    /// Changes what is known of it.
    func update<R: Sendable>(_ body: (inout DialogRecord) -> R) -> R {
        record.withLock { record in body(&record) }
    }

    /// Keeps a value with the call; a later one replaces it.
    public func setVariable(_ name: [UInt8], _ value: [UInt8]?) -> Bool {
        update { $0.set(name, value) }
    }

    /// What a module keeps with the call; `make` runs once, when there is none.
    public func attachment<Kept: AnyObject & Sendable>(
        of owner: AnyObject, _ make: () -> Kept
    ) -> Kept {
        attachments.withLock { attachments in
            if let kept = attachments[ObjectIdentifier(owner)] as? Kept { return kept }
            let made = make()
            attachments[ObjectIdentifier(owner)] = made
            return made
        }
    }

    /// What a module keeps with the call; nil when there is none.
    public func attachment<Kept: AnyObject & Sendable>(
        of owner: AnyObject, as type: Kept.Type = Kept.self
    ) -> Kept? {
        attachments.withLock { $0[ObjectIdentifier(owner)] as? Kept }
    }

    // MARK: Matching

    /// Who sends a message: the caller, or the callee.
    enum Direction: Sendable, Hashable { case downstream, upstream }

    /// Whether a message with these tags belongs to the call, and which way it goes.
    ///
    /// RFC 3261 12.2.2: Call-ID and both tags name a dialog. Before the answer each phone that
    /// rings has a tag of its own, and all of them belong to the one call that is followed here.
    func direction(from: Span<UInt8>, to: Span<UInt8>) -> Direction? {
        record.withLock { record -> Direction? in
            let isOpen = !record.state.isActive && record.endedAt == 0
            if from.equals(record.caller.tag.span) {
                // Without a tag it is the INVITE, or its CANCEL; behind the end it is another one.
                if to.isEmpty { return record.endedAt == 0 ? .downstream : nil }
                return isOpen || to.equals(record.callee.tag.span) ? .downstream : nil
            }
            guard to.equals(record.caller.tag.span) else { return nil }
            return isOpen || from.equals(record.callee.tag.span) ? .upstream : nil
        }
    }
}

/// Who is told what becomes of calls: a module that publishes them.
public protocol DialogListener: AnyObject, Sendable {
    /// Something has happened to a call.
    ///
    /// It is called on whichever thread found out, with no lock held; two changes of one call may
    /// come at the same time, and then the record's `revision` says which is the later one. The
    /// context is that of the message that brought the change, whose outbox takes what is to be
    /// sent; at `created` it is that of the INVITE, with its flags and attributes.
    func dialogChanged(
        _ dialog: TrackedDialog, _ change: DialogChange, _ record: DialogRecord,
        in context: ScriptContext)
}
