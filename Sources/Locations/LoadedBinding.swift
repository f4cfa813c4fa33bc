internal import Basics

/// A row as it was read from the database, on its way into the table.
public struct LoadedBinding: ~Escapable {
    /// The address-of-record.
    public var aor: Span<UInt8>
    /// The unique name, of any shape.
    public var ruid: Span<UInt8>
    /// The text columns.
    public var text: BindingText
    /// The other columns.
    public var values: ContactValues

    /// A row.
    @_lifetime(copy aor, copy ruid, copy text)
    public init(
        aor: Span<UInt8>, ruid: Span<UInt8>, text: consuming BindingText,
        values: ContactValues
    ) {
        self.aor = aor
        self.ruid = ruid
        self.text = text
        self.values = values
    }
}

/// What became of a loaded row.
public enum LoadResult: Sendable, Hashable, CaseIterable {
    /// It is a binding now.
    case loaded
    /// The table knows better: the row is older than what registered meanwhile, or was removed.
    case superseded
    /// It had expired; its row is going to be deleted.
    case expired
    /// It cannot be kept: a name is missing or a field is too long. Its row is left alone.
    case refused
}

/// What was removed while a table is being loaded, so that an older row does not bring it back.
struct LoadingRemovals: Sendable {
    /// One removal.
    private struct Removal: Sendable {
        var aor: [UInt8]
        /// Empty for all bindings of the address-of-record.
        var uri: [UInt8]
        var instance: [UInt8]
        var regID: UInt32
        var callID: [UInt8]
        var cseq: UInt32
        var seconds: Int
    }

    private var removals: [Removal] = []

    /// Notes that all bindings of a name were removed.
    mutating func noteAll(_ aor: Span<UInt8>, callID: Span<UInt8>, cseq: UInt32, now: WallTime) {
        add(
            Removal(
                aor: Array(copying: aor), uri: [], instance: [], regID: 0,
                callID: Array(copying: callID), cseq: cseq, seconds: now.seconds))
    }

    /// Notes that one binding was removed that the table did not have.
    mutating func note(
        _ aor: Span<UInt8>, _ text: borrowing BindingText, cseq: UInt32, regID: UInt32,
        now: WallTime
    ) {
        assert(!text.uri.isEmpty)
        add(
            Removal(
                aor: Array(copying: aor), uri: Array(copying: text.uri),
                instance: Array(copying: text.instance), regID: regID,
                callID: Array(copying: text.callID), cseq: cseq, seconds: now.seconds))
    }

    /// Whether a row was removed after it was written.
    func covers(_ row: borrowing LoadedBinding) -> Bool {
        removals.contains { isAbout($0, row) && isNewer($0, row) }
    }

    private mutating func add(_ removal: Removal) {
        // When there are too many, the oldest is the one most likely to have expired anyway.
        if removals.count == Limits.loadingRemovalsMax { removals.removeFirst() }
        removals.append(removal)
        assert(removals.count <= Limits.loadingRemovalsMax)
    }

    private func isAbout(_ removal: Removal, _ row: borrowing LoadedBinding) -> Bool {
        guard sameBytes(removal.aor.span, row.aor) else { return false }
        if removal.uri.isEmpty { return true }
        if removal.instance.isEmpty { return sameBytes(removal.uri.span, row.text.uri) }
        guard removal.regID == row.values.regID else { return false }
        let removed = removal.instance.span
        let loaded = row.text.instance
        return sameBytes(withoutBrackets(removed), withoutBrackets(loaded))
    }

    private func isNewer(_ removal: Removal, _ row: borrowing LoadedBinding) -> Bool {
        if sameBytes(removal.callID.span, row.text.callID) { return removal.cseq > row.values.cseq }
        return removal.seconds >= row.values.lastModified.seconds
    }
}
