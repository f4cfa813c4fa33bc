import Basics

@testable import Subscriptions

/// An engine with presentities and watchers whose texts are as long as those of real phones.
final class Crowd {
    let agent: StateAgent
    var request = SubscribeRequest()
    var orders: [NotifyOrder] = []
    var now = WallTime(seconds: 1_700_000_000)
    let body: [UInt8]
    private let host = Array("example.com".utf8)

    /// A document of 500 bytes as a phone writes it, with a remark.
    static let document = """
        <?xml version="1.0" encoding="UTF-8"?>\r
        <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:user4711@example.com">\
        <tuple id="a7f3e21c"><status><basic>open</basic></status>\
        <contact priority="0.8">sip:user4711@192.0.2.17:5062;transport=udp</contact>\
        <note>Working on the quarterly figures until noon, then lunch with the visitors from \
        Lisbon; call the front office if something burns. Back at my desk by half past two and \
        gone at six, as usual.</note><timestamp>2026-11-21T17:04:05Z</timestamp>\
        </tuple></presence>\r\n
        """

    init(document: String = Crowd.document) {
        body = Array(document.utf8)
        var presence = EventPackage("presence", contentType: "application/pidf+xml")
        presence.compose = { composition in
            composition.documents.count > 1 ? ComposedDocument(bytes: [1]) : nil
        }
        agent = StateAgent(
            packages: PackageTable([presence]), settings: AgentSettings(),
            seed: AgentSeed(time: 1, process: 2, secret: (5, 6)), now: now)
    }

    /// The watcher `number` subscribes to the presentity `of`, and its NOTIFY is answered.
    func subscribe(_ number: Int, of presentity: Int, cseq: UInt32 = 1, to tag: [UInt8] = []) {
        fill(number, presentity, cseq, tag)
        let outcome = agent.subscribe(request, now: now, into: &orders)
        guard case .accepted = outcome else { preconditionFailure("not accepted") }
        answer()
    }

    /// The presentity publishes, and the NOTIFYs are answered.
    func publish(_ number: Int, ifMatch: EntityTag? = nil) -> EntityTag? {
        let user = Array("user\(number)".utf8)
        let tag = ifMatch?.bytes ?? []
        let (host, body) = (self.host, self.body)
        let publish = PublishRequest(
            package: PackageIndex(0), user: user.span, host: host.span, ifMatch: tag.span,
            body: body.span, sender: Span())
        let outcome = agent.publish(publish, now: now, into: &orders)
        guard case .accepted(let next, _) = outcome else { preconditionFailure("not accepted") }
        answer()
        return next
    }

    func answer() {
        while !orders.isEmpty || agent.hasWaitingOrders {
            if orders.isEmpty { _ = agent.nextOrders(limit: 100, now: now, into: &orders) }
            let batch = orders
            orders.removeAll(keepingCapacity: true)
            for order in batch {
                guard let handle = order.handle else { continue }
                agent.completed(handle, .delivered, now: now, into: &orders)
            }
        }
    }

    private func fill(_ number: Int, _ presentity: Int, _ cseq: UInt32, _ tag: [UInt8]) {
        let watcher = Array("watcher\(number)".utf8)
        let user = Array("user\(presentity)".utf8)
        let host = self.host
        request.reset()
        for field in [DialogField.presentityUser, .toUser] { request.text.set(field, user.span) }
        for field in [DialogField.watcherUser, .fromUser] {
            request.text.set(field, watcher.span)
        }
        for field in [DialogField.presentityHost, .toHost, .watcherHost, .fromHost] {
            request.text.set(field, host.span)
        }
        set(.callID, "f81d4fae-7dec-11d0-a765-00a0c9\(number)@192.0.2.17")
        set(.fromTag, "a6c85cf\(number)")
        set(.contact, "sip:watcher\(number)@192.0.2.17:5062;transport=udp;ob")
        set(.localContact, "sip:192.0.2.9:5060")
        set(.socket, "udp:192.0.2.9:5060")
        set(.userAgent, "Yealink SIP-T46S 66.84.0.15")
        request.text.set(.toTag, tag.span)
        request.isInDialog = !tag.isEmpty
        request.cseq = cseq
        request.expiresSeconds = 3_600
    }

    private func set(_ field: DialogField, _ text: String) {
        let bytes = Array(text.utf8)
        request.text.set(field, bytes.span)
    }
}
