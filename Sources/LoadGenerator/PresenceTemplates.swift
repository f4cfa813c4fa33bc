internal import Basics

/// The requests of a presence load that leave from one socket.
///
/// What identifies a dialog stands in the user part of its Contact, which the server must repeat in
/// the request line of every NOTIFY (RFC 3261 12.2.1.1): so a NOTIFY says at once what it belongs
/// to.
struct PresenceTemplates: Sendable {
    /// What the user part of our Contacts begins with; run and dialog follow in 8 digits each.
    static let contactMark = "rl"
    /// What stands in front of the presentity and the number of its state, in the document's note.
    static let stateMark = "rl-"

    private let subscribe: MessageTemplate
    private let refresh: MessageTemplate
    private let unsubscribe: MessageTemplate
    private let publish: [MessageTemplate]
    private let remove: MessageTemplate
    private let register: MessageTemplate

    /// The templates of `plan` for a socket with the address `local`.
    init(plan: PresencePlan, local: PeerAddress, run: UInt32) {
        let origin = Origin(plan: plan, local: local.text, run: Self.hexadecimal(run))
        subscribe = origin.subscribe(isInDialog: false, expires: plan.expires)
        refresh = origin.subscribe(isInDialog: true, expires: plan.expires)
        unsubscribe = origin.subscribe(isInDialog: true, expires: 0)
        publish = ["open", "closed"].map { origin.publish(basic: $0) }
        remove = origin.publish(basic: nil)
        register = origin.register()
    }

    /// Appends the request of `phase` to `writer`; `inserted` is what `insertion` has made of the
    /// server's tag.
    func append(
        _ phase: PresencePhase, _ values: MessageTemplate.Values, inserting inserted: Span<UInt8>,
        to writer: inout ByteWriter
    ) {
        switch phase {
        case .subscribe: subscribe.append(values, inserting: inserted, to: &writer)
        case .refresh: refresh.append(values, inserting: inserted, to: &writer)
        case .unsubscribe: unsubscribe.append(values, inserting: inserted, to: &writer)
        case .remove: remove.append(values, inserting: inserted, to: &writer)
        case .register: register.append(values, inserting: Span(), to: &writer)
        case .publish, .change:
            // Every state differs from the one before in what phones show, not only in a number.
            let index = Int(values.version & 1)
            publish[index].append(values, inserting: inserted, to: &writer)
        }
    }

    /// Eight hexadecimal digits.
    static func hexadecimal(_ value: UInt32) -> String {
        var writer = ByteWriter(capacity: 16)
        writer.append(hexadecimal: UInt64(value), width: 8)
        return writer.text
    }

    /// What all templates of a socket share.
    private struct Origin {
        let plan: PresencePlan
        let local: String
        let run: String

        /// SUBSCRIBE (RFC 6665 4.1.2), outside its dialog or inside.
        func subscribe(isInDialog: Bool, expires: Int) -> MessageTemplate {
            var message = MessageTemplate()
            if isInDialog {
                // The Contact of a presence server is the server; its own is in no way better.
                message.text("SUBSCRIBE sip:\(plan.server)")
            } else {
                message.text("SUBSCRIBE sip:\(plan.userPrefix)")
                message.place(.presentity)
                message.text("@\(plan.domain)")
            }
            appendStart(&message)
            message.text("From: <sip:watcher")
            message.place(.watcher)
            message.text("@\(plan.domain)>;tag=")
            message.place(.dialog)
            message.text("-\(run)\r\n")
            appendTo(&message)
            message.insertHere()
            message.text("\r\nCall-ID: ")
            message.place(.dialog)
            message.text("-\(run)@roost-load\r\nCSeq: ")
            message.place(.sequence)
            message.text(" SUBSCRIBE\r\nContact: <sip:\(PresenceTemplates.contactMark)\(run)")
            message.place(.dialog)
            let package = plan.scenario.package
            message.text("@\(local)>\r\nEvent: \(package.name)\r\nAccept: \(package.accept)\r\n")
            message.text("Expires: \(expires)\r\nUser-Agent: Roost-Load/1.0\r\n")
            message.text("Content-Length: 0\r\n\r\n")
            return message
        }

        /// REGISTER (RFC 3261 10.2) of one contact, always the same.
        ///
        /// The mark stands in Call-ID, which a document about the registration repeats (RFC 3680
        /// 5.2.3): each registration is told from the one before.
        func register() -> MessageTemplate {
            var message = MessageTemplate()
            message.text("REGISTER sip:\(plan.domain)")
            appendStart(&message)
            message.text("From: <sip:\(plan.userPrefix)")
            message.place(.presentity)
            message.text("@\(plan.domain)>;tag=")
            message.place(.subject)
            message.text("-\(run)\r\n")
            appendTo(&message)
            message.text("\r\nCall-ID: \(PresenceTemplates.stateMark)")
            message.place(.subject)
            message.text("-")
            message.place(.version)
            message.text("@\(run)\r\nCSeq: ")
            message.place(.sequence)
            message.text(" REGISTER\r\nContact: <sip:\(plan.userPrefix)")
            message.place(.presentity)
            message.text("@\(local)>\r\nExpires: \(plan.expires)\r\n")
            message.text("User-Agent: Roost-Load/1.0\r\nContent-Length: 0\r\n\r\n")
            return message
        }

        /// PUBLISH (RFC 3903 4) of a state, or of none to remove it.
        func publish(basic: String?) -> MessageTemplate {
            var message = MessageTemplate()
            message.text("PUBLISH sip:\(plan.userPrefix)")
            message.place(.presentity)
            message.text("@\(plan.domain)")
            appendStart(&message)
            message.text("From: <sip:\(plan.userPrefix)")
            message.place(.presentity)
            message.text("@\(plan.domain)>;tag=")
            message.place(.subject)
            message.text("-\(run)\r\n")
            appendTo(&message)
            message.text("\r\nCall-ID: p")
            message.place(.subject)
            message.text("-\(run)@roost-load\r\nCSeq: ")
            message.place(.sequence)
            message.text(" PUBLISH\r\nEvent: presence\r\n")
            message.text("Expires: \(basic == nil ? 0 : plan.expires)\r\n")
            message.insertHere()
            message.text("User-Agent: Roost-Load/1.0\r\n")
            guard let basic else {
                message.text("Content-Length: 0\r\n\r\n")
                return message
            }
            message.text("Content-Type: application/pidf+xml\r\n")
            message.text("Content-Length: \(plan.bodyBytes)\r\n\r\n")
            appendDocument(basic, &message)
            return message
        }

        /// The rest of the request line, Via and Max-Forwards.
        private func appendStart(_ message: inout MessageTemplate) {
            message.text(" SIP/2.0\r\nVia: SIP/2.0/UDP \(local);rport;branch=")
            message.text("\(Ticket.mark)\(run)")
            message.place(.ticket)
            message.text("\r\nMax-Forwards: 70\r\n")
        }

        /// What fills a document up: prose, as a server that packs documents would make light work
        /// of one letter repeated.
        private static let remark = """
            Working on the quarterly figures until noon, then lunch with the visitors from Lisbon; \
            call the front office if something burns. Back at my desk about half past two and gone \
            by six, because the children have their concert tonight. Tomorrow I travel to Graz by \
            the early train, so expect me to be hard to reach: mail works best, and whatever is \
            urgent goes to Judith, who knows where all the keys are kept. From Thursday on the new \
            extension applies; please forget the old one, which will ring at the reception from \
            now on. The next group meeting moves to Friday at ten in the small room upstairs, with \
            coffee. Who wants to bring a guest tells Oskar before Wednesday evening. The lift is \
            out of order again, and the porter says that a spare part comes from Turin some time \
            next week. Until then take the stairs in the yard, mind the wet paint, and keep quiet \
            in the corridor while the examinations on the second floor are under way, thank you. \
            Lost: one blue umbrella, and hope.
            """

        /// To, without the end of the line.
        private func appendTo(_ message: inout MessageTemplate) {
            message.text("To: <sip:\(plan.userPrefix)")
            message.place(.presentity)
            message.text("@\(plan.domain)>")
        }

        /// A PIDF document (RFC 3863) of exactly `bodyBytes` bytes.
        ///
        /// The mark stands at its end, where it is found without looking through the document.
        private func appendDocument(_ basic: String, _ message: inout MessageTemplate) {
            let start = message.count
            message.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n")
            message.text("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:")
            message.text(plan.userPrefix)
            message.place(.presentity)
            message.text("@\(plan.domain)\"><tuple id=\"desk\">")
            message.text("<status><basic>\(basic)</basic></status><contact>sip:")
            message.text(plan.userPrefix)
            message.place(.presentity)
            message.text("@\(plan.domain)</contact><note>")
            let tail = "</note></tuple></presence>\r\n"
            let mark = PresenceTemplates.stateMark
            let used = message.count - start + mark.utf8.count + 17 + tail.utf8.count
            message.text(String(Self.remark.prefix(max(0, plan.bodyBytes - used))))
            message.text(mark)
            message.place(.subject)
            message.text("-")
            message.place(.version)
            message.text(tail)
            assert(message.count - start == plan.bodyBytes, "the document has another length")
        }
    }
}
