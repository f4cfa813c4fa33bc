import JSONValue
import TestSupport
import Testing

/// Settings that change while the server runs.
@Suite("settings change between two messages", .onThreads)
struct SettingTests {
    private struct Bench {
        let server: ServerProcess
        let phone: SIPClient
        let rpc: RPCClient

        init() throws {
            server = try ServerProcess {
                $0.set("registrar", "max_expires", 7_200)
                $0.set("registrar", "default_expires", 1_800)
                $0.set("registrar", "max_contacts", 2)
                $0.set("registrar", "retry_after", 30)
            }
            phone = try server.phone()
            rpc = server.rpc
        }

        /// Seconds that a phone gets which asks for `expires`.
        func granted(_ expires: Int?, cseq: Int) throws -> Int {
            let reply = try phone.register("alice", "sip:a@192.0.2.1", expires: expires, cseq: cseq)
            return reply.contacts.first?.expires ?? -1
        }
    }

    @Test("max_expires counts from the very next message on")
    func maximum() throws {
        let bench = try Bench()
        for (number, value) in [3_600, 60, 7_000, 120, 0].enumerated() {
            let cseq = 2 * number + 1
            #expect(try bench.granted(50_000, cseq: cseq) >= 60)
            try bench.rpc.call(
                "cfg.set_now_int", "registrar", "max_expires", .integer(Int64(value)))
            #expect(try bench.granted(50_000, cseq: cseq + 1) == (value == 0 ? 50_000 : value))
            #expect(
                try bench.rpc.call("cfg.get", "registrar", "max_expires") == .integer(Int64(value)))
        }
    }

    @Test("so do default_expires, min_expires and max_contacts, whatever the command's name")
    func others() throws {
        let bench = try Bench()
        #expect(try bench.granted(nil, cseq: 1) == 1_800)
        try bench.rpc.call("cfg.seti", "registrar", "default_expires", 300)
        #expect(try bench.granted(nil, cseq: 2) == 300)
        try bench.rpc.call("cfg.set", "registrar", "min_expires", 200)
        #expect(try bench.granted(100, cseq: 3) == 200)
        func register(_ contact: String, _ cseq: Int) throws -> SIPReply {
            try bench.phone.register(
                RegisterMessage("bob", contact, callID: contact, cseq: cseq))
        }
        #expect(try register("sip:1@192.0.2.1", 1).status == 200)
        #expect(try register("sip:2@192.0.2.1", 1).status == 200)
        let refused = try register("sip:3@192.0.2.1", 1)
        #expect(refused.status == 503)
        #expect(refused["retry-after"] == "30")
        try bench.rpc.call("cfg.set_now_int", "registrar", "max_contacts", 3)
        #expect(try register("sip:3@192.0.2.1", 2).contacts.count == 3)
    }

    @Test("delayed changes wait for cfg.commit and come into force together")
    func delayed() throws {
        let bench = try Bench()
        try bench.rpc.call("cfg.set_delayed_int", "registrar", "max_expires", 500)
        try bench.rpc.call("cfg.set_delayed_int", "registrar", "min_expires", 400)
        #expect(try bench.granted(9_999, cseq: 1) == 7_200)
        let waiting = try bench.rpc.call("cfg.diff").items ?? []
        #expect(waiting.map { $0["variable name"] } == ["max_expires", "min_expires"])
        #expect(waiting.map { $0["new value"] } == [500, 400])
        try bench.rpc.call("cfg.commit")
        #expect(try bench.granted(9_999, cseq: 2) == 500)
        #expect(try bench.granted(10, cseq: 3) == 400)
        #expect(try bench.rpc.call("cfg.diff") == [])
        try bench.rpc.call("cfg.set_delayed_int", "registrar", "max_expires", 600)
        try bench.rpc.call("cfg.rollback")
        try bench.rpc.call("cfg.commit")
        #expect(try bench.granted(9_999, cseq: 4) == 500)
        try bench.rpc.call("cfg.reset", "registrar")
        #expect(try bench.granted(9_999, cseq: 5) == 7_200)
    }

    @Test(
        "a value out of bounds or of another type is refused, says why, and changes nothing",
        arguments: [
            ("cfg.set_now_int", "registrar", "max_expires", JSONValue.integer(-1)),
            ("cfg.set_now_int", "registrar", "max_expires", "soon"),
            ("cfg.set_now_int", "registrar", "max_expires", .integer(1 << 40)),
            ("cfg.set_now_string", "registrar", "max_expires", "x"),
            ("cfg.set_now_int", "registrar", "default_q", 1_001),
            ("cfg.set_now_int", "registrar", "max_expire", 5),
            ("cfg.set_now_int", "registrars", "max_expires", 5),
            ("cfg.set_delayed_int", "registrar", "max_contacts", -5),
            ("cfg.set_now_int", "registrar", "min_expires_mode", 1),
            ("cfg.set", "registrar", "max_expires", .array([])),
        ])
    func refused(method: String, group: String, name: String, value: JSONValue) throws {
        let bench = try Bench()
        let before = try bench.rpc.call("cfg.get", "registrar")
        let fault = try bench.rpc.fault(method, .string(group), .string(name), value)
        #expect(fault != nil)
        #expect(fault?.message.isEmpty == false)
        #expect(try bench.rpc.call("cfg.get", "registrar") == before)
        #expect(try bench.rpc.call("cfg.diff") == [])
        #expect(try bench.granted(50_000, cseq: 1) == 7_200)
    }

    @Test("every message sees one set of settings, also while they change all the time")
    func consistency() throws {
        let server = try ServerProcess {
            $0.set("registrar", "min_expires", 100)
            $0.set("registrar", "max_expires", 100)
        }
        // Both bounds always change together, so that what is granted is one of two values.
        let rpc = server.rpc
        let changes = 40
        let parts: [Int] = [0, 1]
        let results = try atOnce(parts) { part -> [Int] in
            if part == 0 {
                for number in 0..<changes {
                    let value = JSONValue.integer(number % 2 == 0 ? 200 : 100)
                    try rpc.call("cfg.set_delayed_int", "registrar", "min_expires", value)
                    try rpc.call("cfg.set_delayed_int", "registrar", "max_expires", value)
                    try rpc.call("cfg.commit")
                }
                return []
            }
            let phone = try server.phone()
            return try (1...400).map { cseq in
                let reply = try phone.register(
                    "alice", "sip:a@192.0.2.1", expires: 150, cseq: cseq)
                return reply.contacts.first?.expires ?? -1
            }
        }
        #expect(Set(results[1]).isSubset(of: [100, 200]))
        #expect(results[1].count == 400)
    }
}
