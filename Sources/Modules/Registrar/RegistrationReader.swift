import Basics
import Locations
import SIPSyntax

/// Reads a REGISTER into what the location table takes: RFC 3261 10.3 steps 6 and 7, before any
/// binding is touched.
///
/// A request is carried out as a whole or not at all (RFC 3261 10.3 step 7), so all of its contacts
/// are read and checked here first. Nothing of the message is copied: the request holds places in
/// it.
struct RegistrationReader {
    /// What a REGISTER asks for.
    enum Purpose: Equatable {
        /// To list the bindings.
        case query
        /// To remove them all.
        case removeAll
        /// To add, refresh or remove the contacts that the request names.
        case update
    }

    /// How long bindings may live.
    let expiry: ExpiryRules
    /// Longest contact URI in bytes.
    let contactMaxSize: Int
    /// q in thousandths of a contact that has none; nil leaves it without.
    let defaultQ: Int?
    /// Whether lifetimes are not shortened at random.
    let keepsExact: Bool
    /// The time of the message.
    let now: WallTime
    /// What the script has decided for this request.
    var overrides = RequestOverrides()
    /// Where the client was seen, as the script says it; for contacts that do not say it.
    var received = TextPlace.none
    /// Whether GRUUs are known, so that none of them may be a contact.
    var knowsGRUU = false

    /// Reads the message into the workspace's request.
    ///
    /// Contacts come in the order of the message, over all of its Contact fields.
    func read(
        _ message: borrowing SIPMessage, into work: inout RegistrarInput, random: () -> UInt64
    ) throws(RegistrarFailure) -> Purpose {
        try readHead(message, into: &work.request, &work.scratch)
        let header = Self.stated(message.expires)
        var contacts = message.contacts
        var count = 0
        while let contact = try Self.next(&contacts) {
            count += 1
            if contact.isStar {
                guard count == 1, try Self.next(&contacts) == nil else { throw .starNotAlone }
                guard header == .seconds(0) else { throw .starWithExpires }
                return .removeAll
            }
            let allowed = work.allow.methods(of: message)
            let update = try update(contact, message, header, allowed, random())
            guard work.request.append(update) else { throw .tooManyContactsNamed }
        }
        return count == 0 ? .query : .update
    }

    /// Reads what holds for all contacts.
    ///
    /// A User-Agent that is missing, or longer than its column, is stored as `n/a`: it is a remark,
    /// and no reason to refuse a phone.
    private func readHead(
        _ message: borrowing SIPMessage, into request: inout RegistrationRequest,
        _ scratch: inout ByteWriter
    ) throws(RegistrarFailure) {
        guard let callID = message.callID else { throw .messageParse }
        guard callID.count <= Limits.callIDBytesMax else { throw .callIDTooLong }
        request.callID = .message(callID)
        request.cseq = try Self.cseqNumber(message)
        if let agent = message.header(.userAgent), agent.count <= Limits.userAgentBytesMax,
            !agent.isEmpty
        {
            request.userAgent = .message(agent)
        } else {
            let start = scratch.count
            scratch.append("n/a")
            request.userAgent = .scratch(ByteRange(offset: start, count: 3))
        }
    }

    /// Reads one contact.
    ///
    /// Parameters that are wrong in a way that changes where or how long it is reached are refused;
    /// others that are unknown are passed over (RFC 3261 10.3 step 7).
    private func update(
        _ contact: Contact, _ message: borrowing SIPMessage, _ header: ExpiryRules.Stated,
        _ allowed: MethodSet, _ random: UInt64
    ) throws(RegistrarFailure) -> ContactUpdate {
        guard contact.uri.count <= contactMaxSize, contact.uri.count <= Limits.contactBytesMax
        else { throw .contactTooLong }
        try check(contact, message)
        var update = ContactUpdate(uri: .message(contact.uri), lifetime: .removed)
        update.q = try q(contact)
        if let instance = contact.instance, !instance.isEmpty {
            update.instance = .message(instance)
            switch contact.regID {
            // An instance alone stands for reg-id 0: the phone has one flow (RFC 5626 4.2).
            case .absent: break
            case .value(let number) where number > 0 && number <= Int32.max:
                update.regID = number
            default: throw .badRegID
            }
        }
        update.received = contact.received.map { .message($0) } ?? received
        if let methods = contact.methods {
            update.methods = MethodSet(list: message[methods]).rawValue
        } else {
            update.methods = allowed.rawValue
        }
        switch lifetime(contact, header, random) {
        case .removal: update.lifetime = .removed
        case .seconds(let seconds):
            update.lifetime = .until(WallTime(seconds: now.seconds + seconds))
        case .tooBrief: throw .tooBrief(minimum: expiry.minimum)
        }
        return update
    }

    /// The q of a contact: the script's, its own, or the default.
    private func q(_ contact: Contact) throws(RegistrarFailure) -> Int? {
        if let q = overrides.q {
            guard q >= 0, q <= 1000 else { throw .badQ }
            return q
        }
        switch contact.q {
        case .absent: return defaultQ
        case .value(let q): return Int(q)
        case .malformed: throw .badQ
        }
    }

    /// The lifetime of a contact: the script's, which nothing shortens at random, or that which the
    /// request asks for.
    private func lifetime(
        _ contact: Contact, _ header: ExpiryRules.Stated, _ random: UInt64
    ) -> ExpiryRules.Lifetime {
        if let seconds = overrides.expires {
            return expiry.lifetime(
                parameter: .seconds(seconds), header: .absent, keepsExact: true, random: random)
        }
        return expiry.lifetime(
            parameter: Self.stated(contact.expires), header: header, keepsExact: keepsExact,
            random: random)
    }

    /// A contact whose URI cannot be read is refused: other phones would get it back as it is.
    private func check(
        _ contact: Contact, _ message: borrowing SIPMessage
    ) throws(RegistrarFailure) {
        let uri: SIPURI
        do throws(SyntaxError) {
            uri = try SIPURI(parsing: message.bytes, in: contact.uri)
        } catch {
            throw .contactParse
        }
        guard knowsGRUU, contact.instance != nil, !uri.parameters.isEmpty else { return }
        try checkIsNoGRUU(uri, message)
    }

    /// A GRUU at the host of the AoR would be forwarded to itself (RFC 5627 5.1).
    private func checkIsNoGRUU(
        _ uri: SIPURI, _ message: borrowing SIPMessage
    ) throws(RegistrarFailure) {
        guard GRUU(uri, in: message.bytes) != .none else { return }
        let to: SIPURI?
        do throws(SyntaxError) { to = try message.toURI } catch { to = nil }
        guard let to, message[to.host].matches(message[uri.host]) else { return }
        throw .gruuContact
    }

    /// The next contact; nil behind the last.
    private static func next(_ contacts: inout Contacts) throws(RegistrarFailure) -> Contact? {
        do throws(SyntaxError) { return try contacts.next() } catch { throw .contactParse }
    }

    /// The number of CSeq, without which no order can be told.
    private static func cseqNumber(
        _ message: borrowing SIPMessage
    ) throws(RegistrarFailure) -> UInt32 {
        do throws(SyntaxError) {
            if let cseq = try message.cSeq { return cseq.number }
        } catch {
            throw .messageParse
        }
        throw .messageParse
    }

    /// What a parameter or header field says, in the words of the rules.
    private static func stated(_ number: ParameterNumber) -> ExpiryRules.Stated {
        switch number {
        case .absent: .absent
        case .malformed: .malformed
        case .value(let seconds): .seconds(Int(seconds))
        }
    }
}
