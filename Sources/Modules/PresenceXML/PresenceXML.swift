import Basics
import EventDocuments
import Logging
public import ModuleKit
import Presence
import Storage
import Subscriptions
import Synchronization

/// Module `presence_xml`: presence of people (RFC 3856), who watches them (RFC 3857), and who may.
///
/// Who may is asked for each new watcher, on the thread that reads its SUBSCRIBE, which must not
/// wait for a database. So rules are looked up in a book in memory (`RuleBook`), and a reader
/// (`RuleReader`) fills it from the table behind its back. Where the book does not know yet, the
/// watcher is pending for some milliseconds, and is asked about again as soon as the rules are
/// there. While the database is away, the rules that were read last hold.
public final class PresenceXMLModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = PresenceXMLParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: PresenceXMLParameters { PresenceXMLParameters() }

    /// The presence server.
    let presence: PresenceModule
    /// The settings as of the start.
    let parameters: PresenceXMLParameters
    /// The server.
    let services: any Services
    /// The rules that are known.
    let book = RuleBook()
    /// What reads rules; unset unless rules are asked.
    let reader = AtomicLazyReference<RuleReader>()

    /// Adds the packages.
    public init(_ setup: ModuleSetup<PresenceXMLParameters>) throws(StartFailure) {
        guard let presence = setup.services.module(PresenceModule.self) else {
            throw StartFailure("presence_xml: load module presence before")
        }
        self.presence = presence
        parameters = setup.parameters
        services = setup.services
        // The packages hold this module weakly: it holds presence, which holds them.
        for package in packages { try presence.add(package) }
        presence.setRuleRemovedReason(StatusReason(word: parameters.ruleRemovedReason.utf8.span))
        guard parameters.asksRules else { return }
        // Somebody says that rules have changed: they are read before watchers are asked again.
        presence.onRulesChange { [weak self] user, host in
            self?.reader.load()?.read(RuleKey(user: user.span, host: host.span))
        }
        presence.onDocument { [weak self] user, host, uri in
            let key = RuleKey(user: user.span, host: host.span)
            return self?.reader.load()?.document(of: key, at: uri) ?? .unavailable
        }
    }

    // MARK: Life

    /// Reads the rules of as many presentities as the book takes.
    public func start() throws(StartFailure) {
        guard parameters.asksRules else { return }
        let driver: any DatabaseDriver
        do throws(StorageError) {
            driver = try services.database(parameters.databaseURL)
        } catch {
            throw StartFailure("presence_xml db_url: \(error.message)")
        }
        let reader = reader.storeIfNil(
            RuleReader(
                driver: driver, table: parameters.table, book: book, logger: services.logger
            ) { [weak self] in self?.askAgain($0) })
        do throws(StorageError) {
            try reader.readAll()
        } catch {
            guard error.kind == .unavailable else {
                throw StartFailure("presence_xml db_url \(driver.description): \(error.message)")
            }
            services.logger.error(
                "the database of presence rules cannot be reached; new watchers are pending",
                metadata: ["database": "\(driver.description)", "error": "\(error.message)"])
        }
        services.every(1, "presence_xml.rules") { reader.retry() }
        services.every(Self.turnSeconds, "presence_xml.moving") { reader.askAboutMoving() }
    }

    /// Closes the connection.
    public func stop() { reader.load()?.close() }

    /// Seconds between two looks at rules that depend on the time or on where somebody is.
    private static let turnSeconds = 10

    // MARK: Rules

    /// What the rules of a presentity say about a watcher, both `sip:user@host`.
    func authorise(_ presentity: Span<UInt8>, _ watcher: Span<UInt8>) -> Authorisation {
        let key = RuleKey(uri: presentity)
        let found = book.rules(of: key, at: SystemClock.monotonic())
        if found.isWanted { reader.load()?.want(key) }
        switch found.knowledge {
        case .unknown: return .unknown
        // Nobody is allowed before somebody says so: the watcher is pending (RFC 3856 6.6.2).
        case .none: return .confirm
        case .rules(let rules):
            let asksForSphere = rules.asksForSphere && presence.parameters.checksSphere
            let permission = rules.permission(
                of: String(copying: watcher), sphere: asksForSphere ? sphere(of: key) : nil,
                now: Int64(SystemClock.wall().seconds))
            return permission.map(Self.authorisation) ?? .noRule
        }
    }

    /// Asks about the watchers of a presentity again, because its rules are others now.
    private func askAgain(_ key: RuleKey) {
        guard let package = presence.agent?.packages.named("presence".utf8.span) else { return }
        presence.reauthorise(user: key.userBytes, host: key.hostBytes, package: package)
    }

    private static func authorisation(_ permission: PresenceRules.Permission) -> Authorisation {
        switch permission {
        case .allow: .allow
        case .politeBlock: .politeBlock
        case .confirm: .confirm
        case .block: .block
        }
    }
}
