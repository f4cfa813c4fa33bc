import Basics
import ModuleKit

/// Follows addresses, and shows the records of one name to management.
final class StandInNames: DestinationResolver, NameRecords {
    private static let name = "sip.example.com"

    func known(_ uri: Span<UInt8>) throws(ForwardFailure) -> [Origin]? {
        try AddressesOnly.shared.known(uri)
    }

    func resolve(
        _ uri: [UInt8], _ done: @escaping @Sendable (Result<[Origin], ForwardFailure>) -> Void
    ) { AddressesOnly.shared.resolve(uri, done) }

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

    func forgetAll() {}
}
