internal import Basics
internal import JSONValue
internal import ModuleKit

/// Commands that show the answers of name servers briefly, and that add answers of an operator's.
extension Core {
    /// A record that is to be kept, and for how long.
    private struct Addition {
        /// The bits of `flags`: 1 there is no such record, 2 it is there to stay.
        private static let negative = 1, permanent = 2
        /// A year: what is to stay longer is permanent.
        private static let secondsMax = 31_536_000

        let seconds: Int
        let isNegative: Bool
        let isPermanent: Bool

        /// Reads the numbers of a call; nil when one of them makes no sense.
        init?(seconds: Int?, flags: Int?) {
            guard let seconds, (1...Self.secondsMax).contains(seconds), let flags,
                (0...Self.negative | Self.permanent).contains(flags)
            else { return nil }
            self.seconds = seconds
            isNegative = flags & Self.negative != 0
            isPermanent = flags & Self.permanent != 0
        }
    }

    private static let seconds = RPCParameter("ttl", .integer, "Seconds for which it is kept")
    private static let flags = RPCParameter(
        "flags", .integer, "Sum of 1 there is no such record, 2 it stays until it is deleted")

    /// `dns.add_*`: what an operator knows better than the name servers.
    static let additions: [MethodRow<Core>] = [
        address("dns.add_a", isIPv6: false, example: "192.0.2.1"),
        address("dns.add_aaaa", isIPv6: true, example: "2001:db8::1"),
        MethodRow(
            "dns.add_srv",
            [
                host, seconds, RPCParameter("priority", .integer, "Lower ones are tried first"),
                RPCParameter("weight", .integer, "Share of the load within a priority"),
                RPCParameter("port", .integer, "Port of the service"),
                RPCParameter("target", .string, "Name of the host"), flags,
            ],
            result: .nothing, isChange: true, "Keeps an SRV record of a name",
            example: RPCExample(
                ["_sip._udp.example.com", 3_600, 10, 0, 5_060, "sip.example.com", 0], [:])
        ) { (core, call) throws(RPCError) in
            guard let priority = UInt16(exactly: call.integer(2) ?? -1),
                let weight = UInt16(exactly: call.integer(3) ?? -1),
                let port = UInt16(exactly: call.integer(4) ?? -1), port > 0
            else { throw refusal }
            return try core.add(
                .service(
                    priority: priority, weight: weight, port: port, target: call.string(5) ?? ""),
                to: call.string(0) ?? "", Addition(seconds: call.integer(1), flags: call.integer(6))
            )
        },
    ]

    private static var refusal: RPCError {
        RPCError(400, "Failed to add the entry to the cache")
    }

    /// A command that keeps an address.
    private static func address(
        _ command: String, isIPv6: Bool, example: String
    ) -> MethodRow<Core> {
        MethodRow(
            command, [host, seconds, RPCParameter("address", .string, "The address"), flags],
            result: .nothing, isChange: true,
            "Keeps an \(isIPv6 ? "AAAA" : "A") record of a name",
            example: RPCExample(["sip.example.com", 3_600, .string(example), 0], [:])
        ) { (core, call) throws(RPCError) in
            let text = Array((call.string(2) ?? "").utf8)
            guard let address = PeerAddress(literal: text.span, port: 0), address.isIPv6 == isIPv6
            else { throw refusal }
            return try core.add(
                .address(address), to: call.string(0) ?? "",
                Addition(seconds: call.integer(1), flags: call.integer(3)))
        }
    }

    private func add(
        _ record: AddedRecord, to name: String, _ addition: Addition?
    ) throws(RPCError) -> RPCOutcome {
        let records = try records()
        guard let addition,
            records.add(
                record, to: name, seconds: addition.seconds, isPermanent: addition.isPermanent,
                isNegative: addition.isNegative)
        else { throw Self.refusal }
        return .value([:])
    }

    /// A command that lists what is kept as one flat list: for each answer its name, its type and
    /// the seconds left, and, if they are wanted, its records.
    static func listing(_ command: String, withRecords: Bool) -> MethodRow<Core> {
        MethodRow(
            command, result: .array(.oneOf([.string, .integer])),
            "Lists the answers that are kept in one flat list"
                + (withRecords ? ", with their records" : ""),
            example: RPCExample(
                [],
                withRecords
                    ? ["sip.example.com", "A", 60, "192.0.2.1"]
                    : ["sip.example.com", "A", 60])
        ) { (core, _) throws(RPCError) in
            var items: [JSONValue] = []
            for kept in try core.records().keptNames {
                items += [
                    .string(kept.name), .string(kept.type), .integer(Int64(kept.secondsLeft)),
                ]
                guard withRecords else { continue }
                for field in kept.records.joined() {
                    switch field.value {
                    case .number(let number): items.append(.integer(Int64(number)))
                    case .text(let text): items.append(.string(text))
                    }
                }
            }
            return .value(.array(items))
        }
    }
}
