import Basics
import Synchronization

@testable import Subscriptions

/// Rules of presentities that a test can change.
final class RuleBook: Sendable {
    private let answers = Guarded<[String: Authorisation]>([:])
    private let fallback = Guarded<Authorisation>(.allow)

    func set(_ watcher: String, _ answer: Authorisation) {
        answers.withLock { $0["sip:\(watcher)@example.com"] = answer }
    }

    func setAll(_ answer: Authorisation) { fallback.withLock { $0 = answer } }

    func answer(_ watcher: Span<UInt8>) -> Authorisation {
        let name = String(copying: watcher)
        let found = answers.withLock { $0[name] }
        return found ?? fallback.withLock { $0 }
    }
}

extension EventBody {
    /// The bytes as text.
    var text: String { String(copying: span) }
}

extension DialogText {
    /// A field as text.
    func text(_ field: DialogField) -> String { String(copying: self[field]) }
}

extension NotifyOrder {
    var hasBody: Bool { body != nil }
    var contentType: [UInt8]? { body?.contentType }
    var bodyCount: Int { body?.count ?? 0 }
    func writeBody(into writer: inout ByteWriter) { body?.write(into: &writer) }
}

/// The packages of the tests, by the numbers that they get.
enum TestPackage {
    static let presence = PackageIndex(0)
    static let winfo = PackageIndex(1)
    static let reg = PackageIndex(2)
    static let dialog = PackageIndex(3)
    static let sla = PackageIndex(4)
    static let ruled = PackageIndex(5)
    static let ruledInfo = PackageIndex(6)

    static func table(_ rules: RuleBook) -> PackageTable {
        var presence = EventPackage("presence", contentType: "application/pidf+xml")
        presence.check = { body in
            if body.equals("bad") { return .malformed }
            if body.equals("odd") { return .unsupported }
            return .accepted(DocumentFacts())
        }
        presence.compose = composeAll
        var reg = EventPackage("reg", contentType: "application/reginfo+xml")
        reg.defaultExpiresSeconds = 3_761
        var dialog = EventPackage("dialog", contentType: "application/dialog-info+xml")
        dialog.check = dialogFacts
        dialog.firstVersion = 0
        dialog.compose = { composition in
            if composition.documents.isEmpty { return nil }
            let texts = composition.documents.map { String(copying: $0.span) }
            let bytes = Array(("v=00000000000;" + texts.joined(separator: "+")).utf8)
            return ComposedDocument(bytes: bytes, versionPlace: 2..<13)
        }
        var sla = EventPackage("dialog", contentType: "application/dialog-info+xml")
        sla.parameters = [EventPackage.Parameter("sla")]
        sla.keepsEntityTag = true
        sla.check = dialogFacts
        var ruled = EventPackage("ruled", contentType: "application/pidf+xml")
        ruled.needsAuthorisation = true
        ruled.authorise = { _, watcher in rules.answer(watcher) }
        return PackageTable([
            presence, info("presence"), reg, dialog, sla, ruled, info("ruled"),
        ])
    }

    /// `a+b`, and `(c)` for what was withdrawn.
    @Sendable private static func composeAll(_ composition: Composition) -> ComposedDocument? {
        if composition.documents.isEmpty, composition.withdrawn == nil { return nil }
        let texts = composition.documents.map { String(copying: $0.span) }
        let gone = composition.withdrawn.map { "(\(String(copying: $0.span)))" } ?? ""
        return ComposedDocument(bytes: Array((texts.joined(separator: "+") + gone).utf8))
    }

    /// `ID:state`, where an ID of `-` stands for none.
    @Sendable private static func dialogFacts(_ body: Span<UInt8>) -> DocumentVerdict {
        let parts = String(copying: body).split(separator: ":").map(String.init)
        guard parts.count == 2 else { return .accepted(DocumentFacts()) }
        let id = parts[0] == "-" ? nil : Array(parts[0].utf8)
        return .accepted(DocumentFacts(dialogID: id, isTerminated: parts[1] == "terminated"))
    }

    /// `full v:bob=active,carol=pending`.
    private static func info(_ base: String) -> EventPackage {
        var package = EventPackage("\(base).winfo", contentType: "application/watcherinfo+xml")
        package.watchedPackage = Array(base.utf8)
        package.isPublished = false
        package.firstVersion = 0
        package.composeWatchers = { list in
            let head = list.isFull ? "full " : "partial "
            let names = list.watchers.map { entry in
                let name = String(decoding: entry.uri, as: UTF8.self)
                return "\(name.dropFirst(4).prefix { $0 != "@" })=\(entry.status.word)"
            }
            let bytes = Array((head + "0000:" + names.joined(separator: ",")).utf8)
            return ComposedDocument(
                bytes: bytes, versionPlace: head.utf8.count..<head.utf8.count + 4)
        }
        return package
    }
}

/// What a NOTIFY would say, as text.
struct Notice: Equatable, CustomStringConvertible {
    var watcher: String
    var cseq: UInt32
    var state: String
    var body: String?

    init(_ watcher: String, _ cseq: UInt32, _ state: String, _ body: String? = nil) {
        self.watcher = watcher
        self.cseq = cseq
        self.state = state
        self.body = body
    }

    init(_ order: NotifyOrder) {
        watcher = String(copying: order.dialog[.fromUser])
        cseq = order.cseq
        state =
            order.status == .terminated
            ? "terminated;reason=\(order.reason.word)"
            : "\(order.status.word);expires=\(order.expiresSeconds)"
        guard order.hasBody else { return }
        var writer = ByteWriter()
        order.writeBody(into: &writer)
        precondition(writer.count == order.bodyCount)
        body = writer.text
    }

    var description: String { "\(watcher) \(cseq) \(state) \(body ?? "-")" }
}

/// What identifies a watcher's dialog in a test.
struct Dialog {
    var watcher: String
    var presentity = "alice"
    var package = TestPackage.presence
    var callID: String
    var contact: String
    var toTag = ""
    var cseq: UInt32 = 1
    var handle: SubscriptionHandle?

    init(_ watcher: String, _ package: PackageIndex = TestPackage.presence, call: String = "") {
        self.watcher = watcher
        self.package = package
        callID = "call-\(watcher)-\(package.number)\(call)"
        contact = "sip:\(watcher)@192.0.2.1"
    }
}

/// An engine with a clock of its own and the orders that nobody has answered yet.
final class Bench {
    let rules: RuleBook
    let agent: StateAgent
    var now = WallTime(seconds: 1_700_000_000)
    var orders: [NotifyOrder] = []

    init(run: Int = 0, _ change: (inout AgentSettings) -> Void = { _ in }) {
        var settings = AgentSettings()
        change(&settings)
        rules = RuleBook()
        agent = StateAgent(
            packages: TestPackage.table(rules), settings: settings,
            seed: AgentSeed(
                time: 1_700_000_000, process: 77 + UInt32(run), secret: (1, 2 + UInt64(run))),
            now: now)
    }

    // MARK: Requests

    @discardableResult
    func publish(
        _ body: String, ifMatch: String = "", expires: Int? = 600, sender: String = "",
        _ package: PackageIndex = TestPackage.presence, user: String = "alice",
        priority: Int32 = 0
    ) -> PublishOutcome {
        let name = Array(user.utf8)
        let host = Array("example.com".utf8)
        let tag = Array(ifMatch.utf8)
        let document = Array(body.utf8)
        let from = Array(sender.utf8)
        var request = PublishRequest(
            package: package, user: name.span, host: host.span, ifMatch: tag.span,
            body: document.span, sender: from.span)
        request.expiresSeconds = expires
        request.priority = priority
        return agent.publish(request, now: now, into: &orders)
    }

    func tag(_ outcome: PublishOutcome) -> String {
        guard case .accepted(let tag?, _) = outcome else { return "" }
        return String(decoding: tag.bytes, as: UTF8.self)
    }

    func hardState(_ name: String, _ body: String) -> PublishOutcome {
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        let tag = Array(name.utf8)
        let document = Array(body.utf8)
        let request = PublishRequest(
            package: TestPackage.presence, user: user.span, host: host.span, ifMatch: tag.span,
            body: document.span, sender: Span())
        return agent.setHardState(request, now: now, into: &orders)
    }

    func fill(_ request: inout SubscribeRequest, _ dialog: Dialog, _ expires: Int?) {
        func set(_ field: DialogField, _ text: String) {
            let bytes = Array(text.utf8)
            request.text.set(field, bytes.span)
        }
        request.reset()
        set(.presentityUser, dialog.presentity)
        set(.presentityHost, "example.com")
        set(.toUser, dialog.presentity)
        set(.toHost, "example.com")
        set(.fromUser, dialog.watcher)
        set(.fromHost, "example.com")
        set(.watcherUser, dialog.watcher)
        set(.watcherHost, "example.com")
        set(.callID, dialog.callID)
        set(.fromTag, "from-\(dialog.watcher)")
        set(.toTag, dialog.toTag)
        set(.contact, dialog.contact)
        set(.localContact, "sip:192.0.2.9")
        set(.socket, "udp:192.0.2.9:5060")
        request.package = dialog.package
        request.isInDialog = !dialog.toTag.isEmpty
        request.cseq = dialog.cseq
        request.expiresSeconds = expires
    }

    @discardableResult
    func subscribe(_ dialog: inout Dialog, expires: Int? = 600) -> SubscribeOutcome {
        var request = SubscribeRequest()
        fill(&request, dialog, expires)
        let outcome = agent.subscribe(request, now: now, into: &orders)
        if case .accepted(let accepted) = outcome {
            dialog.toTag = String(copying: accepted.dialog[.toTag])
            dialog.handle = accepted.handle
            dialog.cseq += 1
        }
        return outcome
    }

    /// A subscription whose first NOTIFY was answered.
    func subscribed(
        _ watcher: String, _ package: PackageIndex = TestPackage.presence, expires: Int = 600,
        call: String = ""
    ) -> Dialog {
        var dialog = Dialog(watcher, package, call: call)
        subscribe(&dialog, expires: expires)
        answer()
        return dialog
    }

    // MARK: Notifications

    /// Takes the orders that were given since the last call; they stay unanswered.
    func taken() -> [NotifyOrder] {
        let taken = orders
        orders = []
        return taken
    }

    /// The orders that were given since the last call, as text; they stay unanswered.
    func notices() -> [Notice] { taken().map(Notice.init) }

    /// Answers orders, and those that follow, until nothing is left; returns all as text.
    @discardableResult
    func answer(_ first: [NotifyOrder] = [], _ outcome: NotifyOutcome = .delivered) -> [Notice] {
        var told: [Notice] = []
        orders = first + orders
        repeat {
            let batch = taken()
            told += batch.map(Notice.init)
            for order in batch {
                guard let handle = order.handle else { continue }
                agent.completed(handle, outcome, now: now, into: &orders)
            }
            if orders.isEmpty { _ = agent.nextOrders(limit: 100, now: now, into: &orders) }
        } while !orders.isEmpty
        return told
    }

    func expire() {
        while agent.expire(now: now, limit: 1_000, into: &orders) {}
    }

    func pass(_ seconds: Int) {
        now.seconds += seconds
        expire()
    }

    // MARK: What is there

    func publications(_ filter: ListFilter = ListFilter()) -> [PublicationRow] {
        var cursor: ListCursor? = ListCursor()
        var rows: [PublicationRow] = []
        while cursor != nil { rows += agent.publications(filter, limit: 10, from: &cursor) }
        return rows
    }

    func subscriptions(_ filter: ListFilter = ListFilter()) -> [SubscriptionRow] {
        var cursor: ListCursor? = ListCursor()
        var rows: [SubscriptionRow] = []
        while cursor != nil { rows += agent.subscriptions(filter, limit: 10, from: &cursor) }
        return rows
    }

    func watchers() -> [WatcherRow] {
        var cursor: ListCursor? = ListCursor()
        var rows: [WatcherRow] = []
        while cursor != nil {
            rows += agent.watchers(ListFilter(), limit: 10, from: &cursor)
        }
        return rows
    }

    /// Records in all slabs together: 0 when everything is gone.
    var recordCount: Int {
        var count = 0
        for number in 0..<StateAgent.shardCount {
            agent.withShard(number) { shard in
                count += shard.presentities.count + shard.topics.count
                count += shard.publications.count + shard.subscriptions.count
                count += shard.watchers.count
            }
        }
        return count
    }
}
