import Basics
import Core
import JSONValue
import ModuleKit
import Testing

/// Commands about destinations that are left alone, and about answers that an operator adds.
@Suite("module core: what is avoided, and what is added to names")
struct CoreAvoidedTests {
    private func rig(avoiding: Bool = true) throws -> StandInServices {
        let services = StandInServices()
        try services.load(Core.self, avoiding ? [("use_dst_blocklist", .integer(1))] : [])
        return services
    }

    @Test(
        "without use_dst_blocklist every command says that the list is off",
        arguments: ["view", "debug", "mem_info", "delete_all"])
    func off(command: String) throws {
        let error = try rig(avoiding: false).call("dst_blocklist.\(command)")["error"]
        #expect(error?["code"] == 500 && error?["message"] == "dst blocklist support disabled")
    }

    @Test("an operator adds a destination, sees it, and clears the list")
    func list() throws {
        let services = try rig()
        let added = try services.call("dst_blocklist.add", "192.0.2.7", 5_080, "TCP", 4)
        #expect(added["result"] == [:])
        _ = try services.call("dst_blocklist.add", "2001:db8::7", 5_060, "udp")
        let rows = try services.call("dst_blocklist.view")["result"]
        #expect(
            rows?[0] == [
                "protocol": "tcp", "ip": "192.0.2.7", "port": 5_080, "expires": 60, "flags": 4,
            ])
        #expect(rows?[1]?["ip"] == "2001:db8::7" && rows?[1]?["flags"] == 0)
        #expect(
            try services.call("dst_blocklist.debug")["result"] == [
                "tcp", "192.0.2.7", 5_080, 60, 4, "udp", "2001:db8::7", 5_060, 60, 0,
            ])
        #expect(try services.call("dst_blocklist.mem_info")["result"] == [2, 16])
        #expect(try services.call("dst_blocklist.delete_all")["result"] == [:])
        #expect(try services.call("dst_blocklist.view")["result"] == [])
    }

    @Test(
        "what is no destination is refused",
        arguments: [
            ("example.com", 5_060, "udp", 0), ("192.0.2.1", 0, "udp", 0),
            ("192.0.2.1", 65_536, "udp", 0), ("192.0.2.1", -1, "udp", 0),
            ("192.0.2.1", 5_060, "sctp", 0), ("192.0.2.1", 5_060, "", 0),
            ("192.0.2.1", 5_060, "udp", 256), ("", 5_060, "udp", 0),
        ] as [(String, Int64, String, Int64)])
    func refused(address: String, port: Int64, transport: String, flags: Int64) throws {
        let services = try rig()
        let answer = try services.call(
            "dst_blocklist.add", .string(address), .integer(port), .string(transport),
            .integer(flags))
        #expect(answer["error"]?["code"] == 400)
        #expect(services.names.avoided.isEmpty)
    }

    @Test("addresses and services are added for a time, or to stay, or as absent")
    func additions() throws {
        let services = try rig()
        for call: [JSONValue] in [
            ["dns.add_a", "a.example.com", 60, "192.0.2.1", 0],
            ["dns.add_a", "a.example.com", 60, "192.0.2.1", 2],
            ["dns.add_aaaa", "a.example.com", 61, "2001:db8::1", 1],
            ["dns.add_srv", "_sip._udp.example.com", 62, 1, 2, 5_070, "a.example.com", 3],
        ] {
            let answer = try services.exchange(call[0].text ?? "", .array(Array(call.dropFirst())))
            #expect(answer["result"] == [:], "\(call)")
        }
        let added = services.names.added
        #expect(added.count == 4)
        #expect(added[0].hasSuffix(" a.example.com 60"))
        #expect(added[1].hasSuffix(" a.example.com 60 stays"))
        #expect(added[2].hasSuffix(" a.example.com 61 not"))
        #expect(added[3].hasPrefix("service(priority: 1, weight: 2, port: 5070, "))
        #expect(added[3].hasSuffix(" 62 stays not"))
    }

    @Test(
        "what is no record is refused with Kamailio's words",
        arguments: [
            ["dns.add_a", "x", 60, "2001:db8::1", 0], ["dns.add_aaaa", "x", 60, "192.0.2.1", 0],
            ["dns.add_a", "x", 60, "name", 0], ["dns.add_a", "x", 0, "192.0.2.1", 0],
            ["dns.add_a", "x", -5, "192.0.2.1", 0], ["dns.add_a", "x", 60, "192.0.2.1", 4],
            ["dns.add_a", "full.example.com", 60, "192.0.2.1", 0],
            ["dns.add_srv", "x", 60, 65_536, 0, 5_060, "h", 0],
            ["dns.add_srv", "x", 60, 0, -1, 5_060, "h", 0],
            ["dns.add_srv", "x", 60, 0, 0, 0, "h", 0],
        ] as [[JSONValue]])
    func badAdditions(call: [JSONValue]) throws {
        let answer = try rig().exchange(call[0].text ?? "", .array(Array(call.dropFirst())))
        #expect(answer["error"]?["message"] == "Failed to add the entry to the cache", "\(answer)")
    }

    @Test("what is there to stay is deleted by force alone; what is never asked for is not found")
    func deletions() throws {
        let services = try rig()
        #expect(
            try services.call("dns.delete_a", "permanent.example.com")["error"]?["message"]
                == "Permanent entries cannot be deleted")
        for type in ["txt", "ebl", "ptr"] {
            #expect(
                try services.call("dns.delete_\(type)", "x.example.com")["error"]?["message"]
                    == "Not found")
        }
    }

    @Test("the brief lists name what is kept, dns.debug_all with its records")
    func lists() throws {
        let services = try rig()
        #expect(
            try services.call("dns.debug")["result"] == [
                "_sip._udp.example.com", "SRV", 5, "sip.example.com", "A", 60,
            ])
        #expect(
            try services.call("dns.debug_all")["result"] == [
                "_sip._udp.example.com", "SRV", 5, 5_060, "sip.example.com", "sip.example.com",
                "A", 60, "192.0.2.1",
            ])
    }
}
