import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

/// What `save` was asked to do, as far as it is known when the script is loaded.
struct SaveCall: Sendable {
    /// The table that the script names.
    let table: LocationTable
    /// The flags that the script gives.
    let flags: SaveFlags
}

/// The function `save`: a REGISTER from the message to the table and back, in one go.
///
/// One message passes through it without a String, a dictionary or an allocation: the message is
/// read in place, the table copies what it keeps, and the reply is written from the buffer into
/// which the table has shown its bindings.
extension RegistrarModule {
    /// Carries a REGISTER out and answers it.
    ///
    /// Returns 1 when a binding was added, 2 refreshed, 3 removed, 4 for a listing, -2 for too many
    /// contacts and -1 for any other refusal.
    ///
    /// What the location table shows under its lock is what the reply lists, so a phone never sees
    /// the bindings of a moment that was not.
    func save(_ context: ScriptContext, _ call: SaveCall, uri: ScriptText?) -> Int {
        context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }
            work.contacts.removeAll()
            do throws(RegistrarFailure) {
                try writeAddress(context, uri, parameters, &work.input.aor)
                let code = try carryOut(
                    context, call, parameters, &work.input, &work.contacts)
                accepted.add()
                answer(context, call.flags, &work.contacts)
                return code
            } catch {
                rejected.add()
                refuse(context, call.flags, error, parameters, &work.contacts)
                return error == .tooManyContacts ? -2 : -1
            }
        }
    }

    // MARK: Steps

    /// Writes the AoR of the To URI, or of the URI given (RFC 3261 10.3 step 5).
    private func writeAddress(
        _ context: ScriptContext, _ uri: ScriptText?, _ parameters: borrowing RegistrarParameters,
        _ aor: inout ByteWriter
    ) throws(RegistrarFailure) {
        let rules = addressRules(parameters)
        if let uri {
            return try context.withBytes(of: uri) { (bytes) throws(RegistrarFailure) in
                let whole = ByteRange(offset: 0, count: bytes.count)
                try Self.write(bytes, whole, rules, &aor)
            }
        }
        try context.withMessage { (message) throws(RegistrarFailure) in
            guard let to = Self.toURI(message) else { throw .toParse }
            try Self.write(message.bytes, to, rules, &aor)
        }
    }

    /// The URI of To; nil without one, or when it cannot be read.
    private static func toURI(_ message: borrowing SIPMessage) -> SIPURI? {
        do throws(SyntaxError) { return try message.toURI } catch { return nil }
    }

    /// Reads the request under the settings of this message and carries it out.
    private func carryOut(
        _ context: ScriptContext, _ call: SaveCall, _ parameters: borrowing RegistrarParameters,
        _ input: inout RegistrarInput, _ contacts: inout ByteWriter
    ) throws(RegistrarFailure) -> Int {
        let reader = RegistrationReader(
            expiry: ExpiryRules(parameters), contactMaxSize: parameters.contactMaxSize,
            defaultQ: parameters.defaultQ < 0 ? nil : parameters.defaultQ,
            keepsExact: call.flags.contains(.exactExpires), now: context.now)
        let header = ContactHeaderWriter(
            receivedParameter: parameters.receivedParameter, now: context.now)
        var rules = usrloc.rules
        rules.contactsMax = parameters.maxContacts
        rules.memoryOnly = call.flags.contains(.memoryOnly)
        rules.singleContact = call.flags.contains(.singleContact)
        return try context.withMessage { (message) throws(RegistrarFailure) in
            let purpose = try read(
                message, reader, header, call, context, &input, &contacts)
            input.request.flags = rules.memoryOnly ? 1 : 0
            input.request.cflags = context.branchFlags
            input.request.socket = context.origin.socket
            input.request.connection = context.origin.connection
            input.request.serverID = UInt32(truncatingIfNeeded: context.serverID)
            return try change(
                message, purpose, rules, header, call.table, context.now, input, &contacts)
        }
    }

    /// Reads the request; when a contact of it is refused, the reply lists what is bound.
    private func read(
        _ message: borrowing SIPMessage, _ reader: RegistrationReader,
        _ header: ContactHeaderWriter, _ call: SaveCall, _ context: ScriptContext,
        _ input: inout RegistrarInput, _ contacts: inout ByteWriter
    ) throws(RegistrarFailure) -> RegistrationReader.Purpose {
        do throws(RegistrarFailure) {
            return try reader.read(message, into: &input) { context.random() }
        } catch {
            if error.listsBindings {
                try list(call.table, header, context.now, input, &contacts)
            }
            throw error
        }
    }

    /// Lists, removes or binds, and turns the outcome into the code that the script gets.
    private func change(
        _ message: borrowing SIPMessage, _ purpose: RegistrationReader.Purpose,
        _ rules: RegistrationRules, _ header: ContactHeaderWriter, _ table: LocationTable,
        _ now: WallTime, _ input: borrowing RegistrarInput, _ contacts: inout ByteWriter
    ) throws(RegistrarFailure) -> Int {
        if purpose == .query {
            try list(table, header, now, input, &contacts)
            return 4
        }
        let outcome: RegistrationOutcome
        do throws(LocationsUnavailable) {
            if purpose == .removeAll {
                outcome = try usrloc.removeAll(
                    in: table, input.aor.span, callID: message[input.request.callID.range],
                    cseq: input.request.cseq, now: now
                ) { header.write($0, into: &contacts) }
            } else {
                outcome = try usrloc.register(
                    in: table, input.aor.span, input.request, message: message.bytes,
                    scratch: input.scratch.span, rules: rules, now: now
                ) { header.write($0, into: &contacts) }
            }
        } catch {
            throw .unavailable
        }
        switch outcome.status {
        case .accepted:
            if purpose == .removeAll { return 3 }
            // A retransmission, or the removal of what is not there, is a success that changed
            // nothing.
            return outcome.change == .none ? 1 : outcome.change.rawValue
        case .outOfOrder: throw .outOfOrder
        case .tooManyContacts: throw .tooManyContacts
        case .textTooLong: throw .contactTooLong
        }
    }

    /// Shows what is bound now, without changing it.
    private func list(
        _ table: LocationTable, _ header: ContactHeaderWriter, _ now: WallTime,
        _ input: borrowing RegistrarInput, _ contacts: inout ByteWriter
    ) throws(RegistrarFailure) {
        do throws(LocationsUnavailable) {
            try usrloc.lookUp(in: table, input.aor.span, now: now) { binding in
                header.write(binding, into: &contacts)
            }
        } catch {
            throw .unavailable
        }
    }

    /// Writes the AoR of a URI within `bytes`.
    ///
    /// The user part may be missing: then the AoR is the domain, or empty without `use_domain`.
    static func write(
        _ bytes: Span<UInt8>, _ range: ByteRange, _ rules: AddressRules,
        _ aor: inout ByteWriter
    ) throws(RegistrarFailure) {
        let uri: SIPURI
        do throws(SyntaxError) { uri = try SIPURI(parsing: bytes, in: range) } catch {
            throw .toParse
        }
        try write(bytes, uri, rules, &aor)
    }

    /// Writes the AoR of a URI that was read before.
    private static func write(
        _ bytes: Span<UInt8>, _ uri: SIPURI, _ rules: AddressRules, _ aor: inout ByteWriter
    ) throws(RegistrarFailure) {
        aor.removeAll()
        guard uri.scheme != .other else { throw .unknownScheme }
        let user = uri.user ?? ByteRange(offset: uri.host.start, count: 0)
        guard
            AddressOfRecord.write(
                user: bytes.extracting(user.indices), host: bytes.extracting(uri.host.indices),
                rules: rules, into: &aor)
        else { throw .aorTooLong }
    }

    // MARK: Replies

    /// Sends 200 with the bindings, or leaves their header field to the script.
    private func answer(
        _ context: ScriptContext, _ flags: SaveFlags, _ contacts: inout ByteWriter
    ) {
        if contacts.count > 0 { contacts.append("\r\n") }
        guard !flags.contains(.noReply) else {
            if flags.contains(.prepareReply) { context.replyHeaders.append(contacts.span) }
            return
        }
        context.reply(200, Span()) { writer in writer.append(contacts.span) }
    }

    /// Sends the refusal with what a phone needs to do better: the shortest lifetime (RFC 3261
    /// 20.23) and when to try again (20.33).
    private func refuse(
        _ context: ScriptContext, _ flags: SaveFlags, _ failure: RegistrarFailure,
        _ parameters: borrowing RegistrarParameters, _ contacts: inout ByteWriter
    ) {
        guard !flags.contains(.noReply) else { return }
        if contacts.count > 0 { contacts.append("\r\n") }
        let retryAfter = failure.status >= 500 ? parameters.retryAfter : 0
        context.reply(failure.status, Span()) { writer in
            writer.append(contacts.span)
            if case .tooBrief(let minimum) = failure {
                writer.append("Min-Expires: ")
                writer.append(decimal: minimum)
                writer.append("\r\n")
            }
            writer.append("P-Registrar-Error: ")
            writer.append(failure.text)
            writer.append("\r\n")
            guard retryAfter > 0 else { return }
            writer.append("Retry-After: ")
            writer.append(decimal: retryAfter)
            writer.append("\r\n")
        }
    }
}
