import Basics
import ModuleKit
import Synchronization

/// Follows addresses, and shows the records of one name to management.
final class StandInNames: DestinationResolver, NameRecords {
    private static let name = "sip.example.com"

    private struct State: Sendable {
        var hosts: [String: [Origin]] = [:]
        var questions: [@Sendable () -> Void] = []
        var isAvoiding = false
        var avoided: [AvoidedDestination] = []
        var added: [String] = []
    }
    private let state = Guarded(State())

    /// Has URIs of a host lead somewhere, once `answer` is called.
    func set(_ host: String, _ origins: [Origin]) { state.withLock { $0.hosts[host] = origins } }

    /// Answers what was asked.
    func answer() {
        let questions = state.withLock { state in
            defer { state.questions = [] }
            return state.questions
        }
        for question in questions { question() }
    }

    private func origins(_ uri: String) -> [Origin]? {
        state.withLock { state in state.hosts.first { uri.contains($0.key) }?.value }
    }

    func known(_ uri: Span<UInt8>) throws(ForwardFailure) -> [Origin]? {
        if origins(String(copying: uri)) != nil { return nil }
        return try AddressesOnly.shared.known(uri)
    }

    func resolve(
        _ uri: [UInt8], _ done: @escaping @Sendable (Result<[Origin], ForwardFailure>) -> Void
    ) {
        guard let found = origins(String(decoding: uri, as: UTF8.self)) else {
            return AddressesOnly.shared.resolve(uri, done)
        }
        state.withLock { $0.questions.append { done(.success(found)) } }
    }

    var keptNames: [KeptName] {
        var kept = KeptName(name: Self.name, type: "A", secondsLeft: 60)
        kept.records = [[KeptName.Field("address", "192.0.2.1")]]
        var service = KeptName(name: "_sip._udp.example.com", type: "SRV", secondsLeft: 5)
        service.records = [
            [KeptName.Field("port", 5060), KeptName.Field("target", Self.name)]
        ]
        return [service, kept]
    }

    var keptCount: (used: Int, most: Int) { (2, 100) }

    func lookUp(_ name: String, type: String) throws(NameRecordsFailure) -> KeptName {
        guard type == "A" else { throw .unknownType }
        guard name == Self.name else { throw .notFound }
        return keptNames[1]
    }

    func forget(_ name: String, type: String) -> Bool { name == Self.name }

    func forgetAll(evenPermanent: Bool) {}

    func isPermanent(_ name: String, type: String) -> Bool { name == "permanent.example.com" }

    func add(
        _ record: AddedRecord, to name: String, seconds: Int, isPermanent: Bool, isNegative: Bool
    ) -> Bool {
        let words = "\(name) \(seconds)\(isPermanent ? " stays" : "")\(isNegative ? " not" : "")"
        state.withLock { $0.added.append("\(record) \(words)") }
        return name != "full.example.com"
    }
    /// What was added.
    var added: [String] { state.withLock { $0.added } }
}

extension StandInNames: AvoidedDestinations {
    /// Switches the list on.
    func startAvoiding() { state.withLock { $0.isAvoiding = true } }
    var isAvoiding: Bool { state.withLock { $0.isAvoiding } }
    func avoids(_ destination: Origin) -> Bool {
        avoided.contains {
            $0.destination.source == destination.source
                && $0.destination.transport == destination.transport
        }
    }
    func avoid(_ destination: Origin, seconds: Int?, reason: Int) {
        state.withLock {
            $0.avoided.append(
                AvoidedDestination(
                    destination: destination, secondsLeft: seconds ?? 60, reason: reason))
        }
    }
    var avoided: [AvoidedDestination] { state.withLock { $0.avoided } }
    var avoidedCount: (used: Int, most: Int) { (avoided.count, 16) }
    func avoidNone() { state.withLock { $0.avoided = [] } }
}
