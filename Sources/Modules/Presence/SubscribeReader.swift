internal import Basics
internal import SIPSyntax
internal import Subscriptions

/// Reads a SUBSCRIBE into what the engine takes (RFC 6665 4.1.2, 4.2.1).
enum SubscribeReader {
    /// Reads all of a message but the presentity, the socket and the watcher that a script names.
    ///
    /// Texts are copied from the message as they are; what a dialog's requests repeat cannot hold
    /// a line end, or is unfolded first.
    static func read(
        _ message: borrowing SIPMessage, _ packages: borrowing PackageTable,
        _ names: inout ByteWriter, into request: inout SubscribeRequest
    ) throws(RequestFailure) {
        request.reset()
        let match = try PresenceModule.event(of: message, packages, isPublish: false)
        request.package = match.package
        if let value = message.header(.event), !match.id.isEmpty {
            request.text.set(.eventID, message[value].extracting(match.id.indices))
        }
        request.expiresSeconds = try PresenceModule.expires(of: message)
        try readDialog(message, &names, &request)
        try readContact(message, &request)
        let package = Int(match.package.number)
        guard accepts(message, packages.packages[package]) else { throw .notAcceptable }
        readRoutes(message, &names, &request)
        readUserAgent(message, &names, &request)
    }

    // MARK: The dialog

    /// Tags, addresses, Call-ID and CSeq.
    private static func readDialog(
        _ message: borrowing SIPMessage, _ names: inout ByteWriter,
        _ request: inout SubscribeRequest
    ) throws(RequestFailure) {
        do throws(SyntaxError) {
            guard let from = try message.from, let tag = from.tag, let to = try message.to,
                let cseq = try message.cSeq
            else { throw SyntaxError(.malformed, offset: 0, "A dialog without names") }
            request.text.set(.fromTag, message[tag])
            if let tag = to.tag { request.text.set(.toTag, message[tag]) }
            request.isInDialog = to.tag != nil
            request.cseq = cseq.number
        } catch { throw .badRequest }
        guard let callID = message.callID, CallID.isValid(message[callID]) else {
            throw .badRequest
        }
        request.text.set(.callID, message[callID])
        let to = try address(message, .to, &names)
        request.text.set(.toUser, names.span(to.user))
        request.text.set(.toHost, names.span(to.host))
        let from = try address(message, .from, &names)
        for field in [DialogField.fromUser, .watcherUser] {
            request.text.set(field, names.span(from.user))
        }
        for field in [DialogField.fromHost, .watcherHost] {
            request.text.set(field, names.span(from.host))
        }
    }

    /// User and host of To or From, as they are written: a NOTIFY repeats them.
    private static func address(
        _ message: borrowing SIPMessage, _ name: HeaderName, _ names: inout ByteWriter
    ) throws(RequestFailure) -> NamePlace {
        let uri: SIPURI?
        do throws(SyntaxError) {
            uri = try name == .to ? message.toURI : message.fromURI
        } catch { throw .badRequest }
        guard let uri, uri.isSIP else { throw .badRequest }
        var place = NamePlace()
        let start = names.count
        if let user = uri.user { names.append(message[user]) }
        place.user = ByteRange(offset: start, count: names.count - start)
        names.append(message[uri.host])
        place.host = ByteRange(offset: place.user.end, count: names.count - place.user.end)
        return place
    }

    /// The first Contact, which must be a SIP URI: NOTIFYs go there (RFC 6665 4.1.2.1).
    private static func readContact(
        _ message: borrowing SIPMessage, _ request: inout SubscribeRequest
    ) throws(RequestFailure) {
        do throws(SyntaxError) {
            var contacts = message.contacts
            guard let contact = try contacts.next(), !contact.isStar,
                try SIPURI(parsing: message.bytes, in: contact.uri).isSIP
            else { throw SyntaxError(.malformed, offset: 0, "No Contact") }
            request.text.set(.contact, message[contact.uri])
        } catch { throw .badRequest }
    }

    // MARK: What may be missing

    /// Whether Accept, if there is one, names a type of the package (RFC 6665 3.1.3).
    private static func accepts(
        _ message: borrowing SIPMessage, _ package: borrowing EventPackage
    ) -> Bool {
        guard message.has(.accept) else { return true }
        var values = message.values(.accept)
        var isEmpty = true
        while let value = values.next() {
            isEmpty = false
            if names(message[value], package) { return true }
        }
        return isEmpty
    }

    /// Whether a value of Accept covers the type of a package.
    private static func names(
        _ value: Span<UInt8>, _ package: borrowing EventPackage
    ) -> Bool {
        if package.accepts(contentType: value) { return true }
        var end = 0
        while end < value.count, value[end] != 59, value[end] != 32 { end += 1 }
        let type = value.extracting(0..<end)
        if type.matches("*/*") || type.matches(package.contentType.span) { return true }
        guard end > 2, type[end - 1] == UInt8(ascii: "*"), type[end - 2] == UInt8(ascii: "/")
        else { return false }
        let main = type.extracting(0..<end - 1)
        guard package.contentType.count >= main.count else { return false }
        return package.contentType.span.extracting(0..<main.count).matches(main)
    }

    /// Record-Route in the order in which it came: the route set of this end (RFC 3261 12.1.1).
    private static func readRoutes(
        _ message: borrowing SIPMessage, _ names: inout ByteWriter,
        _ request: inout SubscribeRequest
    ) {
        guard message.has(.recordRoute) else { return }
        let start = names.count
        var values = message.values(.recordRoute)
        while let value = values.next() {
            if names.count > start { names.append(UInt8(ascii: ",")) }
            message.writeUnfolded(value, into: &names)
        }
        request.text.set(
            .routeSet, names.span(ByteRange(offset: start, count: names.count - start)))
    }

    /// The User-Agent, cut to what its column takes: it is for people to read.
    private static func readUserAgent(
        _ message: borrowing SIPMessage, _ names: inout ByteWriter,
        _ request: inout SubscribeRequest
    ) {
        guard let value = message.header(.userAgent) else { return }
        let start = names.count
        message.writeUnfolded(value, into: &names)
        let count = min(names.count - start, DialogField.userAgent.bytesMax)
        request.text.set(.userAgent, names.span(ByteRange(offset: start, count: count)))
    }
}
