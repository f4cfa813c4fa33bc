internal import Basics

/// A registration on its way through a shard: its text, its rules and the time.
struct RegistrationWork: ~Escapable {
    /// The address-of-record.
    let aor: Span<UInt8>
    /// The hash it is filed under.
    let tag: UInt32
    /// The bytes of the message.
    let message: Span<UInt8>
    /// The bytes of the scratch buffer.
    let scratch: Span<UInt8>
    /// The settings.
    let rules: RegistrationRules
    /// The present time.
    let now: WallTime

    @_lifetime(copy aor, copy message, copy scratch)
    /// Work on one address-of-record.
    init(
        aor: Span<UInt8>, tag: UInt32, message: Span<UInt8>, scratch: Span<UInt8>,
        rules: RegistrationRules, now: WallTime
    ) {
        precondition(aor.count <= Limits.aorBytesMax, "address-of-record too long")
        self.aor = aor
        self.tag = tag
        self.message = message
        self.scratch = scratch
        self.rules = rules
        self.now = now
    }

    /// The bytes at a place.
    @_lifetime(copy self)
    func bytes(_ place: TextPlace) -> Span<UInt8> {
        let source = place.isScratch ? scratch : message
        precondition(place.range.end <= source.count, "text outside of its buffer")
        return source.extracting(place.range.indices)
    }

    /// All text of one contact.
    @_lifetime(copy self)
    func text(_ request: borrowing RegistrationRequest, _ contact: Int) -> BindingText {
        precondition(contact < request.contacts.count)
        let update = request.contacts[contact]
        var text = BindingText(
            uri: bytes(update.uri), callID: bytes(request.callID),
            userAgent: bytes(request.userAgent), received: bytes(update.received),
            path: bytes(request.path), instance: bytes(update.instance))
        text.attributes = bytes(request.attributes)
        return text
    }

    /// All numbers of one contact; nil when it is to be removed.
    func values(_ request: borrowing RegistrationRequest, _ contact: Int) -> ContactValues? {
        let update = request.contacts[contact]
        guard let expires = update.lifetime.stored(now) else { return nil }
        assert(expires >= 0)
        var values = ContactValues(expiresSeconds: expires, lastModified: now)
        values.connection = request.connection
        values.cseq = request.cseq
        values.methods = update.methods
        values.flags = request.flags | (rules.memoryOnly ? 1 : 0)
        values.cflags = request.cflags
        values.regID = update.regID
        values.serverID = request.serverID
        values.qThousandths = Int16(update.q ?? -1)
        values.socket = request.socket
        return values
    }
}

/// Which stored contact is meant, and whether the request about it is in order.
extension Shard {
    /// How a request stands to the last one that changed a binding.
    enum Sequence: Sendable {
        /// It is newer, or of another Call-ID.
        case newer
        /// It is the same one once more.
        case repeated
        /// It is older, or repeated too late.
        case stale
    }

    /// Whether a contact is the binding that `text` and `regID` name.
    func isSame(
        _ contact: UInt32, _ text: borrowing BindingText, regID: UInt32, _ matching: MatchingMode
    ) -> Bool {
        assert(!contacts[contact].state.contains(.removed))
        // An instance identifies a binding whatever its URI is by now (RFC 5626 6).
        if !text.instance.isEmpty {
            return contacts[contact].values.regID == regID
                && hasInstance(contact, text.instance)
        }
        switch matching {
        case .contact: return hasURI(contact, text.uri)
        case .contactAndCallID: return hasURI(contact, text.uri) && hasCallID(contact, text.callID)
        case .contactAndPath:
            let stored = contacts[contact].text
            let samePath = text.path.isEmpty || stored.has(text.path, at: stored.pathPlace)
            return samePath && hasURI(contact, text.uri)
        case .callID: return hasCallID(contact, text.callID)
        }
    }

    /// The first contact of an address record that is the binding named and not claimed by an
    /// earlier step of the same request.
    func match(
        _ address: UInt32, _ text: borrowing BindingText, regID: UInt32, _ matching: MatchingMode
    ) -> UInt32? {
        var contact = addresses[address].firstContact
        while contact != Slab<ContactRecord>.none {
            if !contacts[contact].state.contains(.claimed),
                isSame(contact, text, regID: regID, matching)
            {
                return contact
            }
            contact = contacts[contact].next
        }
        return nil
    }

    /// How a request with a Call-ID and CSeq stands to a binding (RFC 3261 10.3 step 7).
    func sequence(
        _ contact: UInt32, callID: Span<UInt8>, cseq: UInt32, _ rules: RegistrationRules,
        _ now: WallTime
    ) -> Sequence {
        // CSeq numbers of different Call-IDs cannot be compared.
        guard hasCallID(contact, callID) else { return .newer }
        let stored = contacts[contact].values
        if cseq > stored.cseq { return .newer }
        if cseq < stored.cseq { return .stale }
        // A repetition that comes late is no retransmission but a client that has lost count.
        let age = now.seconds - stored.lastModified.seconds
        return age < rules.cseqDelaySeconds ? .repeated : .stale
    }

    /// Whether a contact has exactly this URI.
    func hasURI(_ contact: UInt32, _ uri: Span<UInt8>) -> Bool {
        let text = contacts[contact].text
        return text.has(uri, at: text.uriPlace)
    }

    /// Whether a contact was registered under this Call-ID.
    func hasCallID(_ contact: UInt32, _ callID: Span<UInt8>) -> Bool {
        let text = contacts[contact].text
        return text.has(callID, at: text.callIDPlace)
    }

    /// Whether a contact has this instance, brackets aside.
    func hasInstance(_ contact: UInt32, _ instance: Span<UInt8>) -> Bool {
        assert(!instance.isEmpty)
        let text = contacts[contact].text
        let stored = text.span().extracting(text.instancePlace)
        return !stored.isEmpty && sameBytes(withoutBrackets(stored), withoutBrackets(instance))
    }

    /// Whether a contact has this unique name, given as text and as what `RuidRegister.find` said.
    func hasRuid(_ contact: UInt32, _ name: Span<UInt8>, _ number: Ruid?) -> Bool {
        let record = contacts[contact]
        if record.ruid.isForeign { return record.text.has(name, at: record.text.ruidPlace) }
        return record.ruid == number
    }
}
