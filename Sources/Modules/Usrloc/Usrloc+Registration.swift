public import Basics
public import Locations

/// What the registrar and commands do with bindings, whatever the `db_mode`.
///
/// The registrar does not know the modes: it calls these, and the module decides whether memory is
/// enough, whether somebody has to wait for the database, or whether it has to be asked first. The
/// closures run under the lock of a shard; they copy and return.
extension UsrlocModule {
    /// Carries out a registration, all of it or nothing; see `LocationTable.register`.
    ///
    /// With `db_mode` 1 it returns when the change is in the database, or when the database is
    /// known to be away; with 3 it throws when the database does not answer.
    ///
    /// `now` is the time of the message and not of the call, so that all contacts of a request get
    /// the same.
    public func register(
        in table: LocationTable, _ aor: Span<UInt8>, _ request: borrowing RegistrationRequest,
        message: Span<UInt8>, scratch: Span<UInt8>, rules: RegistrationRules, now: WallTime,
        each: (borrowing BindingView) -> Void
    ) throws(LocationsUnavailable) -> RegistrationOutcome {
        guard parameters.databaseMode != .databaseOnly else {
            return try alone(table, aor, now) {
                table.register(
                    aor, request, message: message, scratch: scratch, rules: rules, now: now,
                    each: each)
            }
        }
        let outcome = table.register(
            aor, request, message: message, scratch: scratch, rules: rules, now: now, each: each)
        if outcome.change != .none { teller.ask() }
        if parameters.databaseMode == .writeThrough { awaitWrite(table, outcome) }
        return outcome
    }

    /// Carries out `Contact: *`; see `LocationTable.removeAll`.
    ///
    /// RFC 3261 10.3 step 6: all bindings go or none, and none does when one of them is of the same
    /// Call-ID with a CSeq that is not lower.
    public func removeAll(
        in table: LocationTable, _ aor: Span<UInt8>, callID: Span<UInt8>, cseq: UInt32,
        now: WallTime, marks: BindingMarks = [], each: (borrowing BindingView) -> Void
    ) throws(LocationsUnavailable) -> RegistrationOutcome {
        guard parameters.databaseMode != .databaseOnly else {
            return try alone(table, aor, now) {
                table.removeAll(
                    aor, callID: callID, cseq: cseq, now: now, marks: marks, each: each)
            }
        }
        let outcome = table.removeAll(
            aor, callID: callID, cseq: cseq, now: now, marks: marks, each: each)
        if outcome.change != .none { teller.ask() }
        if parameters.databaseMode == .writeThrough { awaitWrite(table, outcome) }
        return outcome
    }

    /// Takes over what another server has told of an AoR; see `LocationTable.merge`.
    ///
    /// With `db_mode` 1 nobody waits for the database: the other server tells again what is lost.
    public func merge(
        in table: LocationTable, _ aor: Span<UInt8>, _ registration: borrowing PeerRegistration,
        now: WallTime
    ) throws(LocationsUnavailable) -> PeerOutcome {
        guard parameters.databaseMode != .databaseOnly else {
            return try alone(table, aor, now) {
                table.merge(aor, registration, rules: rules, now: now)
            }
        }
        let outcome = table.merge(aor, registration, rules: rules, now: now)
        guard outcome.isChange else { return outcome }
        teller.ask()
        if parameters.databaseMode == .writeThrough, case .writer(let writer) = place {
            writer.schedule()
        }
        return outcome
    }

    /// Shows the bindings of an AoR in order and returns how many there were.
    ///
    /// The order is that of q, highest first, or of time with `desc_time_order`. Expired bindings
    /// that are not collected yet are left out unless they are asked for.
    @discardableResult
    public func lookUp(
        in table: LocationTable, _ aor: Span<UInt8>, now: WallTime, includingExpired: Bool = false,
        each: (borrowing BindingView) -> Void
    ) throws(LocationsUnavailable) -> Int {
        guard parameters.databaseMode != .databaseOnly else {
            return try alone(table, aor, now) {
                table.lookUp(aor, now: now, includingExpired: includingExpired, each: each)
            }
        }
        return table.lookUp(aor, now: now, includingExpired: includingExpired, each: each)
    }

    /// Ends the bindings of an AoR for which `isMeant` is true; returns how many.
    ///
    /// It is what commands do: no CSeq is compared, since an administrator is right by definition.
    public func remove(
        in table: LocationTable, _ aor: Span<UInt8>, now: WallTime, marks: BindingMarks = [],
        where isMeant: (borrowing BindingView) -> Bool
    ) throws(LocationsUnavailable) -> Int {
        guard parameters.databaseMode != .databaseOnly else {
            return try alone(table, aor, now) {
                table.remove(aor, now: now, marks: marks, where: isMeant)
            }
        }
        let count = table.remove(aor, now: now, marks: marks, where: isMeant)
        if count > 0 { teller.ask() }
        if count > 0, case .writer(let writer) = place, parameters.databaseMode == .writeThrough {
            writer.flush()
        }
        return count
    }

    /// The shard of an AoR in every table.
    private func alone<R>(
        _ table: LocationTable, _ aor: Span<UInt8>, _ now: WallTime, _ body: () -> R
    ) throws(LocationsUnavailable) -> R {
        guard case .database(let store) = place else {
            throw LocationsUnavailable(message: "the location service has not started")
        }
        // What it noted is told once it is stored, or never.
        defer { teller.ask() }
        return try store.with(table, aor, now: now, body)
    }

    /// Waits for the database in db_mode 1, if the request changed anything.
    ///
    /// A retransmission changes nothing and is answered at once.
    private func awaitWrite(_ table: LocationTable, _ outcome: RegistrationOutcome) {
        guard outcome.isAccepted, outcome.change != .none, case .writer(let writer) = place else {
            return
        }
        writer.waitFor(table, shard: outcome.shard, change: outcome.changeNumber)
    }
}
