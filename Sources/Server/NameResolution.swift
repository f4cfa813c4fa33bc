package import Basics
internal import Core
internal import Dispatch
internal import Logging
package import ModuleKit
internal import Resolution
internal import SIPSyntax
internal import Synchronization

/// Follows URIs to where they lead (RFC 3263): addresses at once, names by what is kept or by
/// asking name servers.
package final class NameResolution: DestinationResolver {
    private let servers: LazyNameServers
    private let resolver: Resolver
    private let cacheLimit = AnswerCache.Settings().answersMax
    /// Whether only the best place of each name is told (`use_dns_failover` 0).
    private let tellsBestOnly = Atomic<Bool>(false)
    /// The destinations that have failed (`use_dst_blocklist`).
    let blocklist = Blocklist()
    /// Whether they are avoided.
    let avoids = Atomic<Bool>(false)
    /// Seconds for which one is avoided.
    let avoidedSeconds = Atomic<Int>(60)
    /// Where the settings of now are, once they may change.
    private let source = Guarded<Source?>(nil)
    /// The generation of the settings that were taken up last.
    private let seen = Atomic<UInt64>(.max)

    /// Where the settings of now are.
    private struct Source: Sendable {
        let handle: SettingsHandle<Core.Parameters>
        let sockets: [ListeningSocket]
    }

    /// Where settings change while the server runs.
    private let store: SettingsStore?

    /// A resolver that reaches nothing until it is configured.
    init(logger: Logger, settings: SettingsStore? = nil) {
        store = settings
        servers = LazyNameServers(logger: logger)
        resolver = Resolver(
            source: servers, cache: AnswerCache(), settings: SearchSettings(reach: Reach()))
    }

    /// Takes up the core parameters and the sockets that the server has.
    func configure(
        _ parameters: Core.Parameters, _ sockets: [ListeningSocket],
        began: @escaping @Sendable () -> Void
    ) throws(StartFailure) {
        var client = try NameServerClient.Settings(parameters)
        client.began = began
        servers.change(client)
        apply(parameters, sockets)
    }

    /// Takes up what `cfg.*` changes from now on.
    func follow(_ handle: SettingsHandle<Core.Parameters>, _ sockets: [ListeningSocket]) {
        source.withLock { $0 = Source(handle: handle, sockets: sockets) }
    }

    /// Takes up changed settings; where there are none it costs two loads.
    func refresh() {
        guard let store else { return }
        let generation = store.generation
        guard seen.load(ordering: .relaxed) != generation else { return }
        seen.store(generation, ordering: .relaxed)
        guard let source = source.withLock({ $0 }) else { return }
        apply(store.current(source.handle), source.sockets)
    }

    private func apply(_ parameters: Core.Parameters, _ sockets: [ListeningSocket]) {
        resolver.cache.change(AnswerCache.Settings(parameters))
        resolver.change(SearchSettings(parameters, sockets))
        tellsBestOnly.store(!parameters.followsFurtherPlaces, ordering: .relaxed)
        avoidedSeconds.store(parameters.avoidedSeconds, ordering: .relaxed)
        avoids.store(parameters.avoidsDestinations, ordering: .relaxed)
    }

    /// Where a URI leads, if no name server need be asked.
    package func known(_ uri: Span<UInt8>) throws(ForwardFailure) -> [Origin]? {
        do throws(ForwardFailure) {
            return [try ScriptContext.hop(uri)]
        } catch {
            guard error == .unresolvedHost || error == .noSocket else { throw error }
        }
        refresh()
        return resolver.known(try Self.target(uri)).map(places)
    }

    /// Where a URI leads, told once it is known.
    package func resolve(
        _ uri: [UInt8], _ done: @escaping @Sendable (Result<[Origin], ForwardFailure>) -> Void
    ) {
        let target: Target
        do throws(ForwardFailure) {
            if let known = try known(uri.span) {
                done(.success(known))
                return
            }
            target = try Self.target(uri.span)
        } catch {
            done(.failure(error))
            return
        }
        resolver.resolve(target) { [self] result in
            done(result.map(places).mapError { Self.failure($0) })
        }
    }

    /// Ends what waits; nothing is found any more.
    func stop() { resolver.stop() }

    /// The target of a URI whose host is a name, or that wants TLS.
    private static func target(_ uri: Span<UInt8>) throws(ForwardFailure) -> Target {
        let parsed: SIPURI
        do throws(SyntaxError) { parsed = try SIPURI(parsing: uri) } catch { throw .badURI }
        guard parsed.isSIP else { throw .badURI }
        var transport: TargetTransport?
        if let value = parsed.parameter("transport", in: uri)?.value {
            switch TransportProtocol.named(uri.extracting(value.indices)) {
            case .udp: transport = .udp
            case .tcp: transport = .tcp
            case .tls: transport = .tls
            // Nobody can be called over a WebSocket that is not open already (RFC 7118 5).
            case .ws, .wss, .sctp, nil: throw .noSocket
            }
        }
        let host = String(
            decoding: Array(copying: uri.extracting(parsed.host.indices)), as: UTF8.self)
        return Target(
            host: host, port: parsed.port, transport: transport, isSecure: parsed.scheme == .sips)
    }

    /// The places as the rest of the server knows them.
    private func places(_ candidates: [Candidate]) -> [Origin] {
        let count = tellsBestOnly.load(ordering: .relaxed) ? 1 : candidates.count
        return candidates.prefix(count).map { candidate in
            let transport: TransportProtocol =
                switch candidate.transport {
                case .udp: .udp
                case .tcp: .tcp
                case .tls: .tls
                }
            return Origin(transport: transport, socket: .none, source: candidate.address)
        }
    }

    private static func failure(_ error: ResolutionError) -> ForwardFailure {
        switch error {
        case .badName: .badURI
        case .unsupported: .noSocket
        case .notOffered, .notFound, .failed: .unresolvedHost
        }
    }
}

/// What management sees of it.
extension NameResolution: NameRecords {
    /// How long a command waits for a name server, in seconds.
    private static let patience = 5.0

    /// All answers that are kept.
    package var keptNames: [KeptName] {
        refresh()
        return resolver.cache.rows(now: SystemClock.monotonic()).map {
            KeptName($0.question, $0.answer, secondsLeft: $0.secondsLeft)
        }
    }

    /// How many answers are kept, and how many may be.
    package var keptCount: (used: Int, most: Int) { (resolver.cache.count, cacheLimit) }

    /// The records of a name; waits for a name server.
    package func lookUp(_ name: String, type: String) throws(NameRecordsFailure) -> KeptName {
        guard let type = RecordType(name: type) else { throw .unknownType }
        guard let question = Question(name: name, type: type) else { throw .notFound }
        let found = Waiting()
        resolver.ask(question) { found.take($0) }
        guard let answer = found.wait(seconds: Self.patience), answer.outcome == .found else {
            throw .notFound
        }
        return KeptName(question, answer, secondsLeft: answer.secondsToLive ?? 0)
    }

    /// Forgets the records of a name.
    package func forget(_ name: String, type: String) -> Bool {
        guard let type = RecordType(name: type), let question = Question(name: name, type: type)
        else { return false }
        return resolver.cache.forget(question)
    }

    /// Forgets all, or all but what was put here to stay.
    package func forgetAll(evenPermanent: Bool) {
        resolver.cache.forgetAll(evenPermanent: evenPermanent)
    }

    /// Keeps a record that an operator gives.
    package func add(
        _ record: AddedRecord, to name: String, seconds: Int, isPermanent: Bool, isNegative: Bool
    ) -> Bool {
        refresh()
        let added: Record
        let type: RecordType
        switch record {
        case .address(let address): (added, type) = (.address(address), address.isIPv6 ? .aaaa : .a)
        case .service(let priority, let weight, let port, let target):
            // The target is a question of its own later, so it must be a name.
            guard Question(name: target, type: .a) != nil else { return false }
            added = .service(
                ServiceRecord(priority: priority, weight: weight, port: port, target: target))
            type = .srv
        }
        guard let question = Question(name: name, type: type) else { return false }
        return resolver.cache.add(
            isNegative ? nil : added, to: question, seconds: seconds, isPermanent: isPermanent,
            now: SystemClock.monotonic())
    }

    /// Whether the records of a name were put here to stay.
    package func isPermanent(_ name: String, type: String) -> Bool {
        guard let type = RecordType(name: type), let question = Question(name: name, type: type)
        else { return false }
        return resolver.cache.isPermanent(question)
    }

    /// An answer that a thread waits for.
    private final class Waiting: Sendable {
        private let answer = Guarded<Answer?>(nil)
        private let signal = DispatchSemaphore(value: 0)

        func take(_ answer: Answer) {
            self.answer.withLock { $0 = answer }
            signal.signal()
        }

        func wait(seconds: Double) -> Answer? {
            guard signal.wait(timeout: .now() + seconds) == .success else { return nil }
            return answer.withLock { $0 }
        }
    }
}

extension KeptName {
    /// An answer in words.
    fileprivate init(_ question: Question, _ answer: Answer, secondsLeft: Int) {
        self.init(name: question.name, type: question.type.name, secondsLeft: secondsLeft)
        records = answer.records.map { record in
            switch record {
            case .address(let address): [Field("address", address.hostText)]
            case .alias(let name): [Field("alias", name)]
            case .service(let service):
                [
                    Field("priority", service.priority), Field("weight", service.weight),
                    Field("port", service.port), Field("target", service.target),
                ]
            case .pointer(let pointer):
                [
                    Field("order", pointer.order), Field("preference", pointer.preference),
                    Field("flags", pointer.flags), Field("service", pointer.service),
                    Field("replacement", pointer.replacement),
                ]
            }
        }
        if answer.records.isEmpty, let alias = answer.alias { records = [[Field("alias", alias)]] }
    }
}
