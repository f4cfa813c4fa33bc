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
    private let source: LazyNameServers
    private let resolver: Resolver
    private let cacheLimit = AnswerCache.Settings().answersMax
    /// Whether only the best place of each name is told (`use_dns_failover` 0).
    private let tellsBestOnly = Atomic<Bool>(false)

    /// A resolver that reaches nothing until it is configured.
    init(logger: Logger) {
        source = LazyNameServers(logger: logger)
        resolver = Resolver(
            source: source, cache: AnswerCache(), settings: SearchSettings(reach: Reach()))
    }

    /// Takes up the core parameters and the sockets that the server has.
    func configure(
        _ parameters: Core.Parameters, _ sockets: [ListeningSocket],
        began: @escaping @Sendable () -> Void
    ) throws(StartFailure) {
        var client = try NameServerClient.Settings(parameters)
        client.began = began
        source.change(client)
        resolver.cache.change(AnswerCache.Settings(parameters))
        resolver.change(SearchSettings(parameters, sockets))
        tellsBestOnly.store(!parameters.followsFurtherPlaces, ordering: .relaxed)
    }

    /// Where a URI leads, if no name server need be asked.
    package func known(_ uri: Span<UInt8>) throws(ForwardFailure) -> [Origin]? {
        do throws(ForwardFailure) {
            return [try ScriptContext.hop(uri)]
        } catch {
            guard error == .unresolvedHost || error == .noSocket else { throw error }
        }
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
        resolver.cache.rows(now: SystemClock.monotonic()).map {
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

    /// Forgets all.
    package func forgetAll() { resolver.cache.forgetAll() }

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
