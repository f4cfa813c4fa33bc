import Basics
import Testing

@testable import LoadGenerator

/// A plan against an address that no test sends to.
func makePlan(_ change: (inout RegisterPlan) -> Void = { _ in }) -> RegisterPlan {
    var plan = RegisterPlan(server: ServerName(host: "127.0.0.1", port: 9))
    change(&plan)
    return plan
}

@Suite("Plan of a load")
struct RegisterPlanTests {
    @Test("the defaults register every user once")
    func defaults() throws {
        let plan = makePlan()
        try plan.validate()
        #expect(plan.requests == plan.users)
        #expect(plan.bindings == plan.users)
    }

    @Test("devices multiply the bindings")
    func devices() {
        let plan = makePlan {
            $0.users = 10
            $0.contactsEach = 3
        }
        #expect(plan.bindings == 30)
        #expect(plan.requests == 30)
    }

    @Test("a count decides how many requests are sent")
    func count() {
        let plan = makePlan {
            $0.users = 10
            $0.count = 25
        }
        #expect(plan.requests == 25)
    }

    @Test("the window is never wider than the bindings, nor the sockets than the window")
    func narrow() {
        let plan = makePlan {
            $0.users = 3
            $0.window = 100
            $0.sockets = 16
        }
        #expect(plan.usedWindow == 3)
        #expect(plan.usedSockets == 3)
    }

    /// A name, a change that breaks the plan, and a word that the error must hold.
    struct Fault: CustomTestStringConvertible, Sendable {
        var word: String
        var change: @Sendable (inout RegisterPlan) -> Void
        var testDescription: String { word }
    }

    @Test(
        "a value outside its range is refused by name",
        arguments: [
            Fault(word: "users is 0") { $0.users = 0 },
            Fault(word: "users is 10000001") { $0.users = 10_000_001 },
            Fault(word: "contacts-each is 0") { $0.contactsEach = 0 },
            Fault(word: "contacts-each is 100") { $0.contactsEach = 100 },
            Fault(word: "count is 0") { $0.count = 0 },
            Fault(word: "window is 0") { $0.window = 0 },
            Fault(word: "window is 65537") { $0.window = 65_537 },
            Fault(word: "sockets is 0") { $0.sockets = 0 },
            Fault(word: "sockets is 1025") { $0.sockets = 1_025 },
            Fault(word: "rate is 0") { $0.rate = 0 },
            Fault(word: "expires is -1") { $0.expires = -1 },
            Fault(word: "retransmit time is 0") { $0.retransmitMilliseconds = 0 },
            Fault(word: "give-up time is 0") { $0.giveUpSeconds = 0 },
            Fault(word: "domain is ''") { $0.domain = "" },
            Fault(word: "domain is 'a b'") { $0.domain = "a b" },
            Fault(word: "user-prefix is 'x\r\n'") { $0.userPrefix = "x\r\n" },
            Fault(word: "user-prefix is 'a@b'") { $0.userPrefix = "a@b" },
        ])
    func refused(_ fault: Fault) {
        let plan = makePlan(fault.change)
        let error = #expect(throws: LoadError.self) { try plan.validate() }
        #expect(error?.kind == .badPlan)
        #expect(error?.description.contains(fault.word) == true)
    }

    @Test("a load checks its plan before it opens a socket")
    func checkedEarly() {
        #expect(throws: LoadError.self) { try RegisterLoad(makePlan { $0.users = 0 }) }
    }
}

@Suite("Name of a server")
struct ServerNameTests {
    @Test(
        "host and port are read",
        arguments: [
            ("127.0.0.1:5070", "127.0.0.1", 5070), ("sip.example.com", "sip.example.com", 5060),
            ("[::1]:5061", "::1", 5061), ("[2001:db8::1]", "2001:db8::1", 5060),
            ("host:65535", "host", 65535),
        ] as [(String, String, UInt16)])
    func read(_ text: String, _ host: String, _ port: UInt16) throws {
        let name = try ServerName(text)
        #expect(name.host == host)
        #expect(name.port == port)
    }

    @Test("it is written as it is typed", arguments: ["127.0.0.1:5070", "[::1]:5061"])
    func written(_ text: String) throws {
        #expect(try ServerName(text).description == text)
    }

    @Test(
        "what is no host and port is refused",
        arguments: [
            "", ":5060", "host:", "host:0", "host:65536", "host:x", "[::1", "[]:5060",
            "[::1]5060", "a:b:c", "::1", "host:+5060", "[::1]:+1", "host: 1",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: LoadError.self) { try ServerName(text) }
        #expect(error?.kind == .badPlan)
    }

    @Test("a name without an address is an error that names it")
    func unresolvable() {
        let error = #expect(throws: LoadError.self) {
            try ServerEndpoint(resolving: ServerName(host: "nobody.invalid", port: 5060))
        }
        #expect(error?.kind == .unresolvable)
        #expect(error?.description.contains("nobody.invalid") == true)
    }
}

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "an address survives the way into the system's structure and back",
        arguments: [
            PeerAddress(ipv4: 0x7f00_0001, port: 5060), PeerAddress(ipv4: 0xffff_fffe, port: 1),
            PeerAddress(high: 0, low: 1, port: 5061),
            PeerAddress(high: 0xfe80_0000_0000_0000, low: 0x1234, port: 65_535, scope: 3),
        ])
    func roundTrip(_ address: PeerAddress) {
        #expect(PeerAddress(address.socketAddress.storage) == address)
    }

    @Test("a resolved literal keeps host and port", arguments: ["127.0.0.1:5070", "[::1]:5071"])
    func literal(_ text: String) throws {
        let endpoint = try ServerEndpoint(resolving: ServerName(text))
        #expect(PeerAddress(endpoint.storage).text == text)
    }
}
