import Basics
import ModuleKit
import Presence
import Subscriptions
import Synchronization
import Testing

@testable import PresenceXML

/// Module `presence_xml` with a table of rules, and an engine that has its packages.
final class PackageRig {
    let database: RulesDatabase
    let services: StandInServices
    let module: PresenceXMLModule
    let agent: StateAgent
    let now = WallTime(seconds: 1_700_000_000)
    var orders: [NotifyOrder] = []

    init(
        _ parameters: [(String, SettingValue)] = [],
        documents: [RulesDatabase.Document] = [], starts: Bool = true
    ) throws {
        database = RulesDatabase(documents)
        services = StandInServices(database: database)
        try services.load(PresenceModule.self)
        module = try services.load(PresenceXMLModule.self, parameters)
        agent = StateAgent(
            packages: PackageTable(module.packages), settings: AgentSettings(),
            seed: AgentSeed(time: 1, process: 2, secret: (3, 4)), now: now)
        if starts { try module.start() }
    }

    /// The number of a package by its Event header.
    func package(_ name: String) throws -> PackageIndex {
        let index = agent.packages.named(name.utf8.span)
        return try #require(index)
    }

    /// What reads the rules.
    func reader() throws -> RuleReader {
        let reader = module.reader.load()
        return try #require(reader)
    }

    /// What the rules of alice say about somebody.
    func authorise(_ watcher: String, of presentity: String = "alice") -> Authorisation {
        let presentity = Array("sip:\(presentity)@example.com".utf8)
        let watcher = Array("sip:\(watcher)@example.com".utf8)
        return module.authorise(presentity.span, watcher.span)
    }

    /// Publishes a document of alice; returns the outcome and keeps the orders.
    @discardableResult
    func publish(
        _ body: String, _ package: String = "presence", ifMatch: String = "", expires: Int = 600
    ) throws -> PublishOutcome {
        let (user, host, match) = (
            Array("alice".utf8), Array("example.com".utf8), Array(ifMatch.utf8)
        )
        let (document, sender) = (Array(body.utf8), [UInt8]())
        var request = PublishRequest(
            package: try self.package(package), user: user.span, host: host.span,
            ifMatch: match.span, body: document.span, sender: sender.span)
        request.expiresSeconds = expires
        return agent.publish(request, now: now, into: &orders)
    }

    /// Subscribes somebody to alice and returns what the first NOTIFY says.
    func subscribe(_ watcher: String, _ package: String = "presence") throws -> [String] {
        var request = SubscribeRequest()
        request.reset()
        let fields: [(DialogField, String)] = [
            (.presentityUser, "alice"), (.presentityHost, "example.com"), (.toUser, "alice"),
            (.toHost, "example.com"), (.fromUser, watcher), (.fromHost, "example.com"),
            (.watcherUser, watcher), (.watcherHost, "example.com"), (.callID, "call-\(watcher)"),
            (.fromTag, "tag-\(watcher)"), (.contact, "sip:\(watcher)@192.0.2.1"),
            (.localContact, "sip:192.0.2.9"), (.socket, "udp:192.0.2.9:5060"),
        ]
        for (field, text) in fields {
            let bytes = Array(text.utf8)
            request.text.set(field, bytes.span)
        }
        request.package = try self.package(package)
        request.cseq = 1
        request.expiresSeconds = 600
        _ = agent.subscribe(request, now: now, into: &orders)
        return notices()
    }

    /// What the notifications say that were ordered since the last call, each answered.
    func notices() -> [String] {
        var told: [String] = []
        while !orders.isEmpty {
            let batch = orders
            orders = []
            for order in batch {
                var writer = ByteWriter()
                order.body?.write(into: &writer)
                let reason = "\(order.reason.word)"
                told.append(
                    "\(order.status.word)\(reason.isEmpty ? "" : " ")\(reason) \(writer.text)")
                guard let handle = order.handle else { continue }
                agent.completed(handle, .delivered, now: now, into: &orders)
            }
            if orders.isEmpty { _ = agent.nextOrders(limit: 100, now: now, into: &orders) }
        }
        return told
    }
}

extension EventPackage {
    /// The document that the package makes of these, oldest first; nil where the last one passes.
    func composed(
        _ documents: String..., withdrawn: String? = nil, version: Int = 7
    ) -> String? {
        func body(_ text: String) -> EventBody {
            let bytes = Array(text.utf8)
            return EventBody(bytes.span)
        }
        let composition = Composition(
            presentity: Array("sip:alice@example.com".utf8), documents: documents.map(body),
            withdrawn: withdrawn.map(body))
        guard let document = compose?(composition) else { return nil }
        var bytes = document.bytes
        if let place = document.versionPlace {
            bytes.replaceSubrange(place, with: "\(version)".utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the package says about a published document.
    func verdict(_ text: String) -> DocumentVerdict {
        let bytes = Array(text.utf8)
        return check(bytes.span)
    }
}

/// Documents that tests publish.
enum Published {
    static func presence(_ id: String, _ basic: String, note: String = "") -> String {
        """
        <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:alice@example.com">\
        <tuple id="\(id)"><status><basic>\(basic)</basic></status></tuple>\
        \(note.isEmpty ? "" : "<note>\(note)</note>")</presence>
        """
    }

    static func dialog(_ id: String, _ state: String, version: Int = 3) -> String {
        """
        <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="\(version)" state="full" \
        entity="sip:alice@example.com"><dialog id="\(id)"><state>\(state)</state></dialog>\
        </dialog-info>
        """
    }

    static func registration(_ contact: String, version: Int = 0) -> String {
        """
        <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="\(version)" state="full">\
        <registration aor="sip:alice@example.com" id="r" state="active"><contact id="\(contact)" \
        state="active" event="created"><uri>sip:\(contact)@192.0.2.1</uri></contact>\
        </registration></reginfo>
        """
    }
}
