import Basics
import SIPSyntax
import Testing

@testable import Transactions

/// Which requests belong to one transaction (RFC 3261 17.2.3).
@Suite("Keys of server transactions")
struct ServerKeyTests {
    private let rig = ServerRig()

    private func same(
        _ one: borrowing SIPMessage, _ other: borrowing SIPMessage, as method: SIPMethod? = nil
    ) -> Bool {
        let first = rig.key(one)
        return first != nil && first == rig.key(other, as: method)
    }

    @Test("with the magic cookie: branch, sent-by and method count, nothing else")
    func cookie() {
        let invite = request("INVITE")
        check(same(invite, request("INVITE")))
        check(same(invite, request("INVITE", uri: "sip:x@y", fromTag: "2", callID: "z", cSeq: 1)))
        check(same(invite, request("INVITE", sentBy: "CLIENT.example.COM:5060")))
        check(!same(invite, request("INVITE", branch: "z9hG4bKabd")))
        check(!same(invite, request("INVITE", branch: "z9hG4bKABC")))
        check(!same(invite, request("INVITE", sentBy: "client.example.com:5061")))
        check(!same(invite, request("INVITE", sentBy: "client.example.com")))
        check(!same(invite, request("INVITE", sentBy: "other.example.com:5060")))
        check(!same(invite, request("OPTIONS")))
    }

    @Test("an ACK has the key of its INVITE, a CANCEL one of its own")
    func ackAndCancel() {
        let invite = request("INVITE")
        check(same(invite, request("ACK", toTag: "t")))
        check(!same(invite, request("CANCEL")))
        check(same(invite, request("CANCEL"), as: .invite))
        check(!same(invite, request("CANCEL", branch: "z9hG4bKx"), as: .invite))
    }

    @Test("methods that are not known are told apart by their names")
    func unknownMethods() {
        check(same(request("FOO"), request("FOO")))
        check(!same(request("FOO"), request("BAR")))
        check(!same(request("FOO"), request("OPTIONS")))
    }

    @Test("parts cannot run into each other")
    func boundaries() {
        let one = request("INVITE", branch: "z9hG4bKab", sentBy: "cd.example.com")
        let other = request("INVITE", branch: "z9hG4bKabc", sentBy: "d.example.com")
        check(!same(one, other))
    }

    @Test(
        "without the cookie all parts of the request count",
        arguments: [nil, "abc", "z9hG4bK"] as [String?])
    func old(branch: String?) {
        let invite = request("INVITE", branch: branch)
        check(rig.key(invite)?.isRFC2543 == true)
        check(same(invite, request("INVITE", branch: branch)))
        check(!same(invite, request("INVITE", branch: branch, uri: "sip:x@example.com")))
        check(!same(invite, request("INVITE", branch: branch, fromTag: "f2")))
        check(!same(invite, request("INVITE", branch: branch, callID: "other@client")))
        check(!same(invite, request("INVITE", branch: branch, cSeq: 8)))
        check(!same(invite, request("INVITE", branch: branch, sentBy: "b.example.com")))
        check(same(invite, request("ACK", branch: branch, toTag: "t1")))
        check(same(invite, request("CANCEL", branch: branch), as: .invite))
        let bye = request("BYE", branch: branch, toTag: "t1")
        check(!same(bye, request("BYE", branch: branch, toTag: "t2")))
    }

    @Test("another key of the hash gives other keys")
    func seeds() {
        let other = ServerTransactions(seed: (9, 2, 3, 4), now: at(0))
        var maker = other.makeKeyMaker()
        let invite = request("INVITE")
        let foreign = maker.key(of: invite)
        check(foreign != nil && foreign != rig.key(invite))
    }
}
