internal import Basics
internal import Logging
internal import ModuleKit
internal import SIPSyntax
internal import Subscriptions
internal import Synchronization

/// Sends the notifications that the engine orders, each in a transaction, and tells the engine how
/// they ended.
///
/// The engine orders the next notification of a dialog when the one before has ended, so no two are
/// ever on their way (RFC 6665 4.2.2).
final class NotifySender: TransactionUser {
    /// The sockets of the server, whose names subscriptions carry.
    private final class Sockets: Sendable {
        let list: [ListeningSocket]
        let names: [[UInt8]]
        /// That of `default_socket`.
        let fallback: SocketIndex?
        init(_ list: [ListeningSocket], fallback name: String?) {
            self.list = list
            names = list.map { Array($0.name.utf8) }
            fallback = list.firstIndex { $0.name == name }.map { SocketIndex($0) }
        }
    }

    private let agent: StateAgent
    private let transactions: any TransactionServices
    private let services: any Services
    private let settings: SettingsHandle<PresenceParameters>
    /// What keeps the tables; nil when nothing does.
    private let storage: PresenceStorage?
    /// What runs `event_route[presence:notify-reply]`.
    private let replyRoute: NotifyReplyRoute
    /// The socket of `default_socket`.
    private let defaultSocket: String?
    /// For each package the text of Event and the content type, at hand without its declaration.
    private let words: [(event: [UInt8], contentType: [UInt8])]
    private let sockets = AtomicLazyReference<Sockets>()
    /// NOTIFYs that could not be sent at all.
    let unsendable = Counter()
    /// NOTIFYs that nobody answered.
    let unanswered = Counter()
    /// NOTIFYs that were put off because module tm had no room for their transactions.
    let postponed = Counter()
    /// Last NOTIFYs of dialogs that wait for room.
    private let last = Guarded<[NotifyOrder]>([])

    /// A sender for an engine.
    init(
        _ agent: StateAgent, _ transactions: any TransactionServices, _ services: any Services,
        _ settings: SettingsHandle<PresenceParameters>, _ storage: PresenceStorage?,
        root: [UInt8], defaultSocket: String? = nil
    ) {
        self.defaultSocket = defaultSocket
        self.agent = agent
        self.transactions = transactions
        self.services = services
        self.settings = settings
        self.storage = storage
        replyRoute = NotifyReplyRoute(services, root: root)
        words = agent.packages.packages.map { ($0.eventText, $0.contentType) }
    }

    // MARK: Sending

    /// Sends what a worker has collected.
    ///
    /// The list is taken out of the workspace meanwhile: `event_route[tm:local-request]` may call
    /// functions of this module, which collect anew.
    func send(_ work: PresenceWorkspace, in context: ScriptContext) {
        guard !work.orders.isEmpty else { return }
        var orders: [NotifyOrder] = []
        swap(&orders, &work.orders)
        send(&orders, in: context)
        // Its room is kept for the next message.
        if work.orders.isEmpty { swap(&orders, &work.orders) }
    }

    /// Writes the notifications into the context's outbox, behind what is there.
    ///
    /// One that cannot be sent is over at once; what the engine orders then comes behind the
    /// others. So one bad watcher keeps nobody waiting.
    func send(_ orders: inout [NotifyOrder], in context: ScriptContext) {
        var place = 0
        let sockets = knownSockets
        let level = context.with(settings) { $0.notifyLogLevel }
        let isLogged = services.logger.logLevel <= Self.level(level)
        // Where one found no room, those behind it would not either.
        var hasRoom = true
        while place < orders.count {
            let order = orders[place]
            let failure = hasRoom ? attempt(order, sockets, context) : .tooManyTransactions
            if failure == .tooManyTransactions {
                hasRoom = false
                postpone(order, now: context.now, &orders)
            } else if failure != nil {
                unsendable.add()
                if let handle = order.handle {
                    agent.completed(handle, .failed, now: context.now, into: &orders)
                }
            } else if isLogged {
                log(order.dialog, context)
            }
            place += 1
        }
        orders.removeAll(keepingCapacity: true)
    }

    /// Puts a NOTIFY off for which module tm has no room.
    ///
    /// The engine orders that of a subscription again, with the state of then. The last one of a
    /// dialog, which the engine has forgotten, waits here for the next second.
    private func postpone(
        _ order: NotifyOrder, now: WallTime, _ orders: inout [NotifyOrder]
    ) {
        postponed.add()
        if let handle = order.handle {
            return agent.completed(handle, .unsent, now: now, into: &orders)
        }
        let isKept = last.withLock { last in
            guard last.count < Limits.notifiesPostponedMax else { return false }
            last.append(order)
            return true
        }
        if !isKept { unsendable.add() }
    }

    /// Takes the last NOTIFYs of dialogs that were put off, at most `limit`, for another attempt.
    func takePostponed(_ limit: Int, into orders: inout [NotifyOrder]) {
        precondition(limit > 0)
        last.withLock { last in
            let count = min(limit, last.count)
            guard count > 0 else { return }
            orders += last.prefix(count)
            last.removeFirst(count)
        }
    }

    private static let method = Array("NOTIFY".utf8)

    /// Sends one; nil, or why that cannot be.
    private func attempt(
        _ order: NotifyOrder, _ sockets: Sockets?, _ context: ScriptContext
    ) -> ForwardFailure? {
        let dialog = order.dialog
        let words = words[Int(order.package.number)]
        let (target, transport) = target(dialog, sockets)
        do throws(ForwardFailure) {
            try start(order, target, context) { writer in
                NotifyWriter.write(
                    order, event: words.event, contentType: words.contentType,
                    transport: transport, into: &writer)
            }
        } catch {
            note(dialog, error)
            return error
        }
        return nil
    }

    private func start(
        _ order: NotifyOrder, _ target: RequestTarget, _ context: ScriptContext,
        _ rest: (inout ByteWriter) -> Void
    ) throws(ForwardFailure) {
        let token = NotifyToken.token(order.handle)
        let dialog = order.dialog
        let routes = dialog[.routeSet]
        if !routes.isEmpty {
            let set = RouteSet(routes)
            if set.isStrict {
                return try transactions.send(
                    Self.method.span, routes.extracting(set.first.indices), to: target,
                    for: self, token: token, in: context, rest)
            }
        }
        try transactions.send(
            Self.method.span, dialog[.contact], to: target, for: self, token: token, in: context,
            rest)
    }

    // MARK: Where to

    /// Where a NOTIFY of a dialog goes: over the connection that the SUBSCRIBE came on while that
    /// is open, else to the first route or to the Contact, by the socket of the SUBSCRIBE.
    private func target(
        _ dialog: DialogText, _ sockets: Sockets?
    ) -> (RequestTarget, TransportProtocol) {
        let text = dialog[.socket]
        let index = sockets.flatMap { Self.find(SocketText.name(of: text), $0) ?? $0.fallback }
        let own = index.flatMap { index in sockets?.list[Int(index.value)] }
        let routes = dialog[.routeSet]
        let hop = Self.hop(routes.isEmpty ? dialog[.contact] : Self.first(of: routes))
        if let index, let own, let flow = flow(text, own, index, hop) {
            return (.address(flow), own.transport)
        }
        guard var hop else {
            let uri = routes.isEmpty ? dialog[.contact] : Self.first(of: routes)
            return (.uri(Array(copying: uri)), own?.transport ?? .udp)
        }
        if let index, let own, own.transport == hop.transport,
            own.address.isIPv6 == hop.source.isIPv6
        {
            hop.socket = index
        }
        return (.address(hop), hop.transport)
    }

    /// The connection that the SUBSCRIBE came on, while it is open: a phone behind a NAT or a
    /// browser can be reached in no other way.
    private func flow(
        _ text: Span<UInt8>, _ own: ListeningSocket, _ index: SocketIndex, _ hop: Origin?
    ) -> Origin? {
        guard own.transport.isStream else { return nil }
        let connection = SocketText.connection(of: text)
        guard connection >= 0, services.network.isOpen(connection: connection) else { return nil }
        // The connection says where it goes; the address only has to be of its family.
        var source =
            own.address.isIPv6
            ? PeerAddress(high: 0, low: 0, port: 0) : PeerAddress(ipv4: 0, port: 0)
        if let hop, hop.source.isIPv6 == own.address.isIPv6 { source = hop.source }
        return Origin(
            transport: own.transport, socket: index, source: source, connection: connection)
    }

    private static func hop(_ uri: Span<UInt8>) -> Origin? {
        do throws(ForwardFailure) { return try ScriptContext.hop(uri) } catch { return nil }
    }

    @_lifetime(copy routes)
    private static func first(of routes: Span<UInt8>) -> Span<UInt8> {
        routes.extracting(RouteSet(routes).first.indices)
    }

    private static func find(_ name: Span<UInt8>, _ sockets: Sockets) -> SocketIndex? {
        for place in sockets.names.indices {
            let known = sockets.names[place]
            if name.equals(known.span) { return SocketIndex(place) }
        }
        return nil
    }

    /// The sockets, once they are bound: they do not change afterwards.
    private var knownSockets: Sockets? {
        if let known = sockets.load() { return known }
        let list = services.sockets
        return list.isEmpty ? nil : sockets.storeIfNil(makeSockets(list))
    }

    private func makeSockets(_ list: [ListeningSocket]) -> Sockets {
        let wanted = defaultSocket
        let made = Sockets(list, fallback: wanted)
        if let wanted, made.fallback == nil {
            services.logger.warning("presence: default_socket \(wanted) is none of this server's")
        }
        return made
    }

    // MARK: The end of a NOTIFY

    /// Tells the engine how a NOTIFY ended and sends what it orders then.
    func completed(_ token: UInt64, _ outcome: RequestOutcome, in context: ScriptContext) {
        if outcome == .timedOut { unanswered.add() }
        guard let handle = NotifyToken.handle(token) else { return }
        let work = context.workspace(settings) { PresenceWorkspace() }
        var result = Self.meaning(outcome)
        if replyRoute.isThere, replyRoute.run(outcome, agent, handle, work, in: context) {
            result = .gone
        }
        agent.completed(handle, result, now: context.now, into: &work.orders)
        storage?.changed()
        send(work, in: context)
    }

    /// What the end of a NOTIFY means for its subscription (RFC 6665 4.2.2, RFC 5057 5.1).
    static func meaning(_ outcome: RequestOutcome) -> NotifyOutcome {
        switch outcome {
        case .answered(let status):
            switch status {
            case 200..<300: .delivered
            case 404, 405, 410, 416, 480...485, 489, 501, 604: .gone
            case 408: .timedOut
            default: .failed
            }
        case .timedOut: .timedOut
        case .undeliverable: .failed
        }
    }

    // MARK: Turns

    /// Notifications that one turn sends: what remains waits until messages that have come
    /// meanwhile are dealt with.
    private static let ordersPerTurn = 32

    /// Sends some of the notifications that wait; whether there are more.
    func turn(_ context: ScriptContext) -> Bool {
        guard agent.hasWaitingOrders else { return false }
        let work = context.workspace(settings) { PresenceWorkspace() }
        let more = agent.nextOrders(
            limit: Self.ordersPerTurn, now: context.now, into: &work.orders)
        send(work, in: context)
        return more
    }

    // MARK: The log

    /// Kamailio's line for a NOTIFY.
    private func log(_ dialog: DialogText, _ context: ScriptContext) {
        let level = Self.level(context.with(settings) { $0.notifyLogLevel })
        let event = String(decoding: words[Int(dialog.package.number)].event, as: UTF8.self)
        let watcher = Self.name(dialog, .watcherUser, .watcherHost)
        let presentity = Self.name(dialog, .presentityUser, .presentityHost)
        let contact = String(copying: dialog[.contact])
        services.logger.log(
            level: level,
            "NOTIFY \(watcher) via \(contact) on behalf of \(presentity) for event \(event)")
    }

    private func note(_ dialog: DialogText, _ failure: ForwardFailure) {
        let logger = services.logger
        guard logger.logLevel <= .info else { return }
        let contact = String(copying: dialog[.contact])
        logger.info("presence: no NOTIFY to \(contact): \(failure.reason)")
    }

    private static func name(
        _ dialog: DialogText, _ user: DialogField, _ host: DialogField
    ) -> String {
        "sip:\(String(copying: dialog[user]))@\(String(copying: dialog[host]))"
    }

    /// The level of a number of Kamailio's, -3 alert to 3 debug.
    private static func level(_ number: Int) -> Logger.Level {
        switch number {
        case 3...: .debug
        case 2: .info
        case 1: .notice
        case 0: .warning
        case -1: .error
        default: .critical
        }
    }
}
