internal import Basics

/// One walk through the stages of RFC 3263 with the answers that are there.
///
/// Where an answer is missing it is noted and the stage goes on, so that one walk finds all
/// questions that can be asked now; what it returns counts only when nothing is missing.
struct SearchWalk {
    /// Questions without an answer, in the order in which they were met.
    private(set) var missing: [Question] = []

    private let target: Target
    private let settings: SearchSettings
    private let random: UInt64
    private let answers: [Question: Answer]
    private var candidates: [Candidate] = []
    /// Whether a domain said that it does not offer the service.
    private var isRefused = false
    /// The last failure of a name server.
    private var failure: Answer.Failure?

    /// A walk that has not begun.
    init(
        _ target: Target, _ settings: SearchSettings, random: UInt64, answers: [Question: Answer]
    ) {
        self.target = target
        self.settings = settings
        self.random = random
        self.answers = answers
    }

    /// Walks; the result is meaningless while `missing` is not empty.
    mutating func run() -> Result<[Candidate], ResolutionError> {
        let spoken = settings.transports(secureOnly: target.isSecure)
        guard let transport = chosenTransport(spoken) else { return .failure(.unsupported) }
        if let literal = literalAddress(port: target.port ?? transport.defaultPort) {
            guard settings.reach[transport].contains(literal) else { return .failure(.unsupported) }
            return .success([Candidate(transport: transport, address: literal)])
        }
        guard let host = Question.canonical(target.host) else { return .failure(.badName) }
        if let port = target.port {
            addHost(host, port, transport)
            return result
        }
        let named = target.transport != nil
        if !named, settings.triesPointers {
            addPointers(host, spoken)
            if isSettled { return result }
        }
        for candidate in named ? [transport] : spoken {
            addServices(candidate.servicePrefix + host, candidate)
        }
        if isSettled { return result }
        addHost(host, transport.defaultPort, transport)
        return result
    }

    /// Whether later stages have no business: something was found, is awaited, or is refused.
    ///
    /// A silent name server settles it too: asking it for addresses would only double the wait.
    private var isSettled: Bool {
        !candidates.isEmpty || !missing.isEmpty || isRefused || failure == .timeout
            || failure == .stopped
    }

    /// What the candidates come to.
    private var result: Result<[Candidate], ResolutionError> {
        if !candidates.isEmpty { return .success(candidates) }
        if isRefused { return .failure(.notOffered) }
        return .failure(failure.map { .failed($0) } ?? .notFound)
    }

    /// The transport where no record chooses one, nil when there is none that may be used.
    ///
    /// RFC 3263 4.1: UDP for `sip` and TLS over TCP for `sips`; where the server does not speak
    /// it, the best liked that it speaks.
    private func chosenTransport(_ spoken: [TargetTransport]) -> TargetTransport? {
        guard var named = target.transport else {
            let usual: TargetTransport = target.isSecure ? .tls : .udp
            return spoken.contains(usual) ? usual : spoken.first
        }
        // RFC 3261 26.2.2: `sips` with transport=tcp means TLS over TCP.
        if target.isSecure, named == .tcp { named = .tls }
        return spoken.contains(named) ? named : nil
    }

    /// The address when the host is one in text form.
    private func literalAddress(port: UInt16) -> PeerAddress? {
        let bytes = Array(target.host.utf8.prefix(Limits.domainNameBytesMax))
        return PeerAddress(literal: bytes.span, port: port)
    }

    // MARK: Stages

    /// Follows NAPTR records (RFC 3263 4.1) in the order in which they are to be tried.
    private mutating func addPointers(_ host: String, _ spoken: [TargetTransport]) {
        var pointers: [(record: PointerRecord, transport: TargetTransport)] = []
        for record in records(host, .naptr) {
            guard case .pointer(let pointer) = record,
                let transport = transport(of: pointer, spoken)
            else { continue }
            pointers.append((pointer, transport))
        }
        let sorted = pointers.enumerated().sorted { left, right in
            let (first, second) = (rank(left.element), rank(right.element))
            return first == second
                ? left.offset < right.offset : first.lexicographicallyPrecedes(second)
        }
        for (_, pointer) in sorted.prefix(Limits.servicesPerSearchMax) {
            addServices(pointer.record.replacement, pointer.transport)
        }
    }

    /// The transport of a NAPTR record, nil when it is not of use here.
    private func transport(
        of pointer: PointerRecord, _ spoken: [TargetTransport]
    ) -> TargetTransport? {
        guard pointer.flags.lowercased() == "s" else { return nil }
        let service = pointer.service.lowercased()
        return spoken.first { $0.serviceField == service && settings.liking($0) >= 0 }
    }

    /// What NAPTR records are sorted by, lower first.
    private func rank(_ pointer: (record: PointerRecord, transport: TargetTransport)) -> [Int] {
        let liking = -settings.liking(pointer.transport)
        let (order, preference) = (Int(pointer.record.order), Int(pointer.record.preference))
        return settings.ignoresPointerOrder
            ? [liking, order, preference] : [order, preference, liking]
    }

    /// Follows the SRV records of a name (RFC 2782).
    private mutating func addServices(_ owner: String, _ transport: TargetTransport) {
        let services = records(owner, .srv).compactMap { record -> ServiceRecord? in
            if case .service(let service) = record { service } else { nil }
        }
        if services.count == 1, services[0].target.isEmpty { isRefused = true }
        let usable = services.filter { !$0.target.isEmpty && $0.port != 0 }
        let sorted =
            settings.balancesServices
            ? ServiceOrder.balanced(usable, random: random) : ServiceOrder.fixed(usable)
        for service in sorted.prefix(Limits.servicesPerSearchMax) {
            addHost(service.target, service.port, transport)
        }
    }

    /// Adds the addresses of a host (RFC 3263 4.2, RFC 3596).
    private mutating func addHost(_ host: String, _ port: UInt16, _ transport: TargetTransport) {
        for type in settings.addressTypes(transport) {
            for record in records(host, type) {
                guard case .address(var address) = record, address.canBeSentTo else { continue }
                address.port = port
                add(Candidate(transport: transport, address: address))
            }
        }
    }

    private mutating func add(_ candidate: Candidate) {
        guard candidates.count < Limits.candidatesPerSearchMax,
            !candidates.contains(candidate)
        else { return }
        candidates.append(candidate)
    }

    // MARK: Answers

    /// The records of a name, following aliases; none while an answer is missing.
    private mutating func records(_ name: String, _ type: RecordType) -> [Record] {
        var name = name
        for _ in 0...Limits.aliasesPerNameMax {
            guard let question = Question(name: name, type: type) else { return [] }
            guard let answer = answers[question] else {
                note(question)
                return []
            }
            if let failed = answer.failure { failure = failed }
            guard answer.records.isEmpty, let alias = answer.alias else { return answer.records }
            name = alias
        }
        return []
    }

    /// Notes that a question has no answer yet, unless the search has asked too many.
    private mutating func note(_ question: Question) {
        guard !missing.contains(question) else { return }
        if answers.count + missing.count < Limits.questionsPerSearchMax {
            missing.append(question)
        } else if failure == nil {
            failure = .busy
        }
    }
}

extension PeerAddress {
    /// Whether a request can be sent there: neither nobody's address nor a group's.
    ///
    /// A zone can name any address; a SIP request has no business at 0.0.0.0 or with a multicast
    /// group (RFC 3261 18.1.1 wants a `maddr` for that).
    var canBeSentTo: Bool {
        guard isIPv6 else {
            let first = low >> 24
            return first != 0 && first < 224
        }
        // An IPv4-mapped address would slip past what is asked of IPv4.
        return !(high == 0 && (low == 0 || low >> 32 == 0xffff)) && high >> 56 != 0xff
    }
}
