import Glibc
import TestSupport
import Testing

/// The picture of the page in the documentation, taken when `tools/test --picture` asks for it.
@Suite("the picture of the page", .onThreads)
struct PagePictureTests {
    private static var path: String? {
        unsafe getenv("ROOST_PICTURE").map { unsafe String(cString: $0) }
    }

    private static let names = [
        "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
        "mallory", "niaj", "olivia", "peggy", "rupert", "sybil", "trent", "victor", "walter",
        "yvonne",
    ]
    private static let agents = [
        "Yealink SIP-T46U 108.86.0.20", "snomD785/10.1.141.13", "Grandstream GXP2170 1.0.11.64",
        "Linphone Desktop/5.2.3 (Debian)", "baresip v3.10.1 (x86_64/Linux)",
    ]

    @Test("a server in use, seen from above", .enabled(if: path != nil))
    func picture() throws {
        let path = try #require(Self.path)
        let bench = try PageBench(PageBench.everything)
        let phone = try bench.server.phone()
        try bench.browser.resize(width: 1_180, height: 1_000)
        try bench.show("overview")
        let alice = try PresencePhone("alice", bench.server)
        let bob = try PresencePhone("bob", bench.server)
        var number = 0
        // A minute of phones that come, renew, publish and watch, more of them as time goes by.
        for round in 0..<60 {
            let start = monotonicSeconds()
            for _ in 0..<(8 + round % 17 + round / 4) {
                let user = Self.names[number % 20] + (number < 20 ? "" : "\(number / 20)")
                var message = RegisterMessage(
                    user, "sip:\(user)@192.0.2.\(number % 250 + 1):5060", callID: "\(number)@test")
                message.further = ["User-Agent: \(Self.agents[number % 5])"]
                #expect(try phone.register(message).status == 200)
                number += 1
            }
            for _ in 0..<(round % 5) { #expect(try phone.options().status == 200) }
            if round == 20 {
                #expect(try alice.publish(PresencePhone.document("open"), cseq: 1).status == 200)
            }
            if round == 25 { #expect(try bob.subscribe().reply.status == 200) }
            pause(seconds: max(0, 1 - (monotonicSeconds() - start)))
        }
        try bench.browser.capture(to: path)
        #expect(bench.browser.complaints == [])
    }
}
