import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

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
            work.headers.removeAll()
            work.reply = PreparedReply(message: context.messageNumber)
            let header = contactHeader(context, parameters, work)
            let code: Int
            do throws(RegistrarFailure) {
                try writeAddress(context, uri, parameters, &work.input.aor, header.gruu)
                header.gruu?.take(hash: call.table.hashValue(of: work.input.aor.span))
                code = try carryOut(
                    context, call, parameters, header, &work.input, &work.headers)
                accepted.add()
                answer(context, call.flags, 200, work)
            } catch {
                rejected.add()
                refuse(error, parameters, &work.headers)
                answer(context, call.flags, error.status, work)
                code = error == .tooManyContacts ? -2 : -1
            }
            header.recorder?.finish(parameters.recordRootBytes)
            return code
        }
    }

    // MARK: Steps

    /// What writes the bindings into the reply, with GRUUs for a client that supports them.
    private func contactHeader(
        _ context: ScriptContext, _ parameters: borrowing RegistrarParameters,
        _ work: RegistrarWorkspace
    ) -> ContactHeaderWriter {
        var header = ContactHeaderWriter(
            receivedParameter: parameters.receivedParameter, now: context.now)
        if parameters.isGRUUEnabled, context.message.has(.supported),
            context.message.supports("gruu")
        {
            header.gruu = work.gruu
        }
        header.recorder = BindingRecorder.make(context, parameters)
        return header
    }

    /// Writes the AoR of the To URI, or of the URI given (RFC 3261 10.3 step 5).
    private func writeAddress(
        _ context: ScriptContext, _ uri: ScriptText?, _ parameters: borrowing RegistrarParameters,
        _ aor: inout ByteWriter, _ gruu: GRUUName?
    ) throws(RegistrarFailure) {
        let rules = addressRules(parameters)
        if let uri {
            return try context.withBytes(of: uri) { (bytes) throws(RegistrarFailure) in
                let whole = ByteRange(offset: 0, count: bytes.count)
                let parsed = try Self.parse(bytes, whole)
                try Self.write(bytes, parsed, rules, &aor)
                gruu?.take(parsed, in: bytes)
            }
        }
        try context.withMessage { (message) throws(RegistrarFailure) in
            guard let to = Self.toURI(message) else { throw .toParse }
            try Self.write(message.bytes, to, rules, &aor)
            gruu?.take(to, in: message.bytes)
        }
    }

    /// The URI of To; nil without one, or when it cannot be read.
    private static func toURI(_ message: borrowing SIPMessage) -> SIPURI? {
        do throws(SyntaxError) { return try message.toURI } catch { return nil }
    }

    /// Reads the request under the settings of this message and carries it out.
    private func carryOut(
        _ context: ScriptContext, _ call: SaveCall, _ parameters: borrowing RegistrarParameters,
        _ header: ContactHeaderWriter, _ input: inout RegistrarInput, _ headers: inout ByteWriter
    ) throws(RegistrarFailure) -> Int {
        input.scratch.removeAll()
        input.request.reset()
        var reader = reader(context, call, parameters, &input.scratch)
        reader.overrides = RequestOverrides(context, parameters)
        let rules = rules(call, parameters, reader.overrides)
        return try context.withMessage { (message) throws(RegistrarFailure) in
            let purpose: RegistrationReader.Purpose
            do throws(RegistrarFailure) {
                purpose = try read(message, reader, parameters, &input) { context.random() }
            } catch {
                if error.listsBindings {
                    try list(call.table, header, context.now, input, &headers)
                }
                throw error
            }
            complete(context, rules, reader.overrides, &input)
            let code = try change(
                message, purpose, rules, header, call.table, context.now, input, &headers)
            Self.closeContact(&headers)
            if purpose == .update { Self.writePath(message, parameters, input, &headers) }
            OutboundRules(parameters).writeAnswer(message, into: &headers)
            return code
        }
    }

    /// What reads the request, with what the script and its variables say about it.
    private func reader(
        _ context: ScriptContext, _ call: SaveCall, _ parameters: borrowing RegistrarParameters,
        _ scratch: inout ByteWriter
    ) -> RegistrationReader {
        var reader = RegistrationReader(
            expiry: ExpiryRules(parameters), contactMaxSize: parameters.contactMaxSize,
            defaultQ: parameters.defaultQ < 0 ? nil : parameters.defaultQ,
            keepsExact: call.flags.contains(.exactExpires), now: context.now)
        reader.knowsGRUU = parameters.isGRUUEnabled
        guard !parameters.receivedAttribute.isEmpty, !context.attributes.entries.isEmpty,
            case .text(let text)? = context.attributes.value(parameters.receivedAttribute)
        else { return reader }
        let start = scratch.count
        context.withBytes(of: text) { scratch.append($0) }
        reader.received = .scratch(ByteRange(offset: start, count: scratch.count - start))
        return reader
    }

    /// The rules of this call.
    private func rules(
        _ call: SaveCall, _ parameters: borrowing RegistrarParameters,
        _ overrides: RequestOverrides
    ) -> RegistrationRules {
        var rules = usrloc.rules
        rules.contactsMax = overrides.contactsMax ?? parameters.maxContacts
        rules.memoryOnly = call.flags.contains(.memoryOnly)
        rules.singleContact = call.flags.contains(.singleContact)
        return rules
    }

    /// Reads the request with the extensions that the settings have.
    private func read(
        _ message: borrowing SIPMessage, _ reader: RegistrationReader,
        _ parameters: borrowing RegistrarParameters, _ input: inout RegistrarInput,
        random: () -> UInt64
    ) throws(RegistrarFailure) -> RegistrationReader.Purpose {
        if message.has(.require) { try Self.checkRequired(message, parameters) }
        let purpose = try reader.read(message, into: &input, random: random)
        try OutboundRules(parameters).apply(to: &input.request, message)
        if purpose == .update, parameters.usesPath, message.has(.path) {
            try readPath(message, parameters, &input)
        }
        return purpose
    }

    /// Refuses what a client requires and the settings have switched off.
    private static func checkRequired(
        _ message: borrowing SIPMessage, _ parameters: borrowing RegistrarParameters
    ) throws(RegistrarFailure) {
        let missing = RequiredExtensions(requiredBy: message).subtracting(
            RequiredExtensions(offeredBy: parameters))
        if !missing.isEmpty { throw .unsupported(missing) }
    }

    /// Takes the Path up; nothing is stored for a client that must support it and does not.
    private func readPath(
        _ message: borrowing SIPMessage, _ parameters: borrowing RegistrarParameters,
        _ input: inout RegistrarInput
    ) throws(RegistrarFailure) {
        let path = try PathVector(
            message, wantsReceived: parameters.usesPathReceived, &input.scratch)
        if parameters.pathMode == .strict, !Self.supportsPath(message) { throw .pathUnsupported }
        input.request.path = path.text
        guard !path.received.isEmpty else { return }
        // The proxy has seen a NAT; what the client or this server could see is the proxy.
        input.request.setReceived(path.received)
        input.request.cflags |= usrloc.parameters.natMask
    }

    /// Adds what does not stand in the message.
    private func complete(
        _ context: ScriptContext, _ rules: RegistrationRules, _ overrides: RequestOverrides,
        _ input: inout RegistrarInput
    ) {
        input.request.flags = rules.memoryOnly ? 1 : 0
        input.request.marks = context.bindingMarks
        input.request.cflags |= context.branchFlags
        input.request.socket = overrides.socket ?? context.origin.socket
        input.request.connection = overrides.connection ?? context.origin.connection
        input.request.serverID = UInt32(truncatingIfNeeded: context.serverID)
        let root = usrloc.parameters.attributesRootBytes
        guard !root.isEmpty else { return }
        input.request.attributes = StoredAttributes.pack(root, of: context, into: &input.scratch)
    }

    /// Whether a client says that it understands Path (RFC 3327 5.3).
    static func supportsPath(_ message: borrowing SIPMessage) -> Bool {
        message.supports("path") || message.lists("path", in: .require)
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
                    cseq: input.request.cseq, now: now, marks: input.request.marks
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
        try write(bytes, try parse(bytes, range), rules, &aor)
    }

    private static func parse(
        _ bytes: Span<UInt8>, _ range: ByteRange
    ) throws(RegistrarFailure) -> SIPURI {
        do throws(SyntaxError) { return try SIPURI(parsing: bytes, in: range) } catch {
            throw .toParse
        }
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
}
