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
    /// Missing tags, branches and Max-Forwards are tolerated, as RFC 2543 had none.
    public borrowing func validate() throws(SyntaxError) {
        if let fault { throw fault }
        if let number = index.duplicate {
            throw SyntaxError(
                .malformed, offset: field(number).line.start, "A header field is repeated")
        }
        try validateVias()
        try validateAddresses()
        try validateCSeq()
        try validateCallID()
        guard kind == .request else { return }
        try validateRequestURI()
        if maxForwards == .malformed { throw fault(.maxForwards, "Malformed Max-Forwards") }
        if method != .register { try validateContacts() }
    }

    private func validateVias() throws(SyntaxError) {
        guard has(.via) else { throw missing("Via is missing") }
        var vias = vias
        while try vias.next() != nil {}
    }

    /// From and To; their URIs may be of any scheme.
    private func validateAddresses() throws(SyntaxError) {
        guard let from = try from else { throw missing("From is missing") }
        guard let to = try to else { throw missing("To is missing") }
        _ = try SIPURI(parsing: bytes, in: from.uri)
        _ = try SIPURI(parsing: bytes, in: to.uri)
    }

    private func validateCSeq() throws(SyntaxError) {
        guard let cSeq = try cSeq else { throw missing("CSeq is missing") }
        guard kind == .request else { return }
        guard self[cSeq.methodRange].equals(self[methodRange]) else {
            throw SyntaxError(
                .malformed, offset: cSeq.methodRange.start, "CSeq method is not the request's")
        }
    }

    private func validateCallID() throws(SyntaxError) {
        guard let value = callID else { throw missing("Call-ID is missing") }
        guard CallID.isValid(self[value]) else { throw fault(.callID, "Malformed Call-ID") }
    }

    private func validateRequestURI() throws(SyntaxError) {
        let uri = try SIPURI(parsing: bytes, in: requestURI)
        if uri.scheme == .other {
            throw SyntaxError(.scheme, offset: requestURI.start, "Unsupported URI Scheme")
        }
    }

    private func validateContacts() throws(SyntaxError) {
        var contacts = contacts
        while let contact = try contacts.next() {
            if !contact.isStar { _ = try SIPURI(parsing: bytes, in: contact.uri) }
        }
    }

    private func missing(_ reason: StaticString) -> SyntaxError {
        SyntaxError(.malformed, offset: headers.end, reason)
    }

    private func fault(_ name: HeaderName, _ reason: StaticString) -> SyntaxError {
        assert(has(name))
        return SyntaxError(.malformed, offset: header(name)?.start ?? 0, reason)
    }
}
