import Basics

/// What becomes of a message that was received, before any script sees it.
public enum Verdict: Sendable, Equatable {
    /// It is well-formed.
    case accept
    /// It is answered with the error's status and reason, and goes no further.
    case refuse(SyntaxError)
    /// It is dropped without an answer; the error says why.
    case drop(SyntaxError)
    /// It is a keep-alive.
    case keepAlive
}

extension SIPMessage {
    /// Loads a datagram or one message of a stream and says what becomes of it: the one call that a
    /// transport needs.
    public mutating func receive(_ bytes: Span<UInt8>) -> Verdict {
        do throws(SyntaxError) {
            try load(bytes)
            try validate()
            return .accept
        } catch {
            if error.kind == .keepAlive { return .keepAlive }
            return canBeAnswered ? .refuse(error) : .drop(error)
        }
    }

    /// Checks what every element must refuse (RFC 3261 8.1.1, 8.2.2, 16.3): start line, mandatory
    /// header fields once each, and the grammar of those that the server relies on.
    ///
    /// Contacts of a REGISTER are left to the registrar, which names the parameter that is wrong.
    /// What it parses is kept, so that asking for it later costs nothing.
    /// Missing tags, branches and Max-Forwards are tolerated, as RFC 2543 had none.
    public mutating func validate() throws(SyntaxError) {
        if core.isComplete { return }
        if let fault { throw fault }
        if let number = index.duplicate {
            throw SyntaxError(
                .malformed, offset: field(number).line.start, "A header field is repeated")
        }
        try checkVias()
        try checkAddresses()
        try checkCSeqAndCallID()
        core.requestURI = nil
        if kind == .request { try checkRequest() }
        core.isComplete = true
    }

    /// Every value must be well-formed, because all are copied into the answer; the top is kept.
    private mutating func checkVias() throws(SyntaxError) {
        assert(!core.isComplete)
        var vias = vias
        let top = try vias.next()
        while try vias.next() != nil {}
        guard let top else { throw missing("Via is missing") }
        core.via = top
    }

    /// From and To; their URIs may be of any scheme.
    private mutating func checkAddresses() throws(SyntaxError) {
        assert(!core.isComplete)
        guard let from = try from else { throw missing("From is missing") }
        core.from = from
        core.fromURI = try SIPURI(parsing: bytes, in: from.uri)
        guard let to = try to else { throw missing("To is missing") }
        core.to = to
        core.toURI = try SIPURI(parsing: bytes, in: to.uri)
    }

    /// CSeq must name the method of the request (RFC 3261 8.1.1.5), letter by letter for a method
    /// that is not known: else a proxy and a server would see two different requests.
    private mutating func checkCSeqAndCallID() throws(SyntaxError) {
        assert(!core.isComplete)
        guard let cSeq = try cSeq else { throw missing("CSeq is missing") }
        core.cSeq = cSeq
        guard let callID else { throw missing("Call-ID is missing") }
        guard CallID.isValid(self[callID]) else { throw fault(.callID, "Malformed Call-ID") }
        guard kind == .request else { return }
        guard cSeq.method == method,
            method != .other || self[cSeq.methodRange].equals(self[methodRange])
        else {
            throw SyntaxError(
                .malformed, offset: cSeq.methodRange.start, "CSeq method is not the request's")
        }
    }

    /// What only requests have: Request-URI, Max-Forwards and, but for REGISTER, Contact.
    private mutating func checkRequest() throws(SyntaxError) {
        assert(kind == .request)
        let uri = try SIPURI(parsing: bytes, in: requestURI)
        if uri.scheme == .other {
            throw SyntaxError(.scheme, offset: requestURI.start, "Unsupported URI Scheme")
        }
        core.requestURI = uri
        if maxForwards == .malformed { throw fault(.maxForwards, "Malformed Max-Forwards") }
        if method != .register { try checkContacts() }
    }

    /// Contacts of a dialog become Request-URIs, so they must be URIs (RFC 3261 12.1.1).
    private func checkContacts() throws(SyntaxError) {
        var contacts = contacts
        while let contact = try contacts.next() {
            if !contact.isStar { _ = try SIPURI(parsing: bytes, in: contact.uri) }
        }
    }

    /// A mandatory field that is not there: the offset is where it could have been.
    private func missing(_ reason: StaticString) -> SyntaxError {
        SyntaxError(.malformed, offset: headers.end, reason)
    }

    /// A fault in the value of a field that is there.
    private func fault(_ name: HeaderName, _ reason: StaticString) -> SyntaxError {
        assert(has(name))
        return SyntaxError(.malformed, offset: header(name)?.start ?? 0, reason)
    }
}
