import Basics
import ModuleKit
import Subscriptions
import Synchronization
import Testing

@testable import Presence

/// Transactions of which there may be none left; it keeps where requests were to go.
private final class FullTransactions: TransactionServices {
    /// Requests that find room.
    let room = Guarded(0)
    /// Where those went that found it.
    let targets = Guarded<[RequestTarget]>([])

    func send(
        _ method: Span<UInt8>, _ uri: Span<UInt8>, to target: RequestTarget,
        for user: any TransactionUser, token: UInt64, in context: ScriptContext,
        _ rest: (inout ByteWriter) -> Void
    ) throws(ForwardFailure) {
        let fits = room.withLock { room in
            guard room > 0 else { return false }
            room -= 1
            return true
        }
        guard fits else { throw .tooManyTransactions }
        targets.withLock { $0.append(target) }
    }
}

@Suite("NOTIFYs for which there is no room")
struct PostponedNotifyTests {
    private let rig: PresenceRig
    private let transactions = FullTransactions()

    init() throws { rig = try PresenceRig() }

    private func sender(defaultSocket: String? = nil) throws -> NotifySender {
        NotifySender(
            try rig.agent, transactions, rig.rig.services, rig.presence.settings, nil, root: [],
            defaultSocket: defaultSocket)
    }

    /// The order of a NOTIFY of bob's subscription; `socket` is what it came on.
    private func subscribe(
        expires: Int = 600, socket: String = "udp:192.0.2.9:5060"
    ) throws -> [NotifyOrder] {
        var request = SubscribeRequest()
        request.reset()
        let fields: [(DialogField, String)] = [
            (.presentityUser, "alice"), (.presentityHost, "example.com"), (.toUser, "alice"),
            (.toHost, "example.com"), (.fromUser, "bob"), (.fromHost, "example.com"),
            (.watcherUser, "bob"), (.watcherHost, "example.com"), (.callID, "call"),
            (.fromTag, "tag"), (.contact, "sip:bob@192.0.2.1"), (.localContact, "sip:192.0.2.9"),
            (.socket, socket),
        ]
        for (field, text) in fields {
            let bytes = Array(text.utf8)
            request.text.set(field, bytes.span)
        }
        let agent = try rig.agent
        let event = Array("message-summary".utf8)
        let package = agent.packages.named(event.span)
        request.package = try #require(package)
        request.cseq = 1
        request.expiresSeconds = expires
        var orders: [NotifyOrder] = []
        _ = agent.subscribe(request, now: rig.now, into: &orders)
        try #require(orders.count == 1)
        return orders
    }

    @Test("that of a subscription is ordered anew in the next second")
    func subscription() throws {
        let sender = try sender()
        var orders = try subscribe()
        rig.context.now = rig.now
        sender.send(&orders, in: rig.context)
        #expect(sender.postponed.value == 1 && sender.unsendable.value == 0)
        let agent = try rig.agent
        _ = agent.expire(
            now: WallTime(seconds: rig.now.seconds + 1), limit: 100, into: &orders)
        #expect(orders.map(\.status) == [.active])
        transactions.room.withLock { $0 = 1 }
        sender.send(&orders, in: rig.context)
        #expect(transactions.targets.withLock { $0.count } == 1)
    }

    @Test("the last one of a dialog is kept until there is room")
    func lastOne() throws {
        let sender = try sender()
        var orders = try subscribe(expires: 0)
        #expect(orders[0].handle == nil && orders[0].status == .terminated)
        sender.send(&orders, in: rig.context)
        for _ in 0..<3 {
            sender.takePostponed(10, into: &orders)
            #expect(orders.count == 1)
            sender.send(&orders, in: rig.context)
            #expect(orders.isEmpty)
        }
        transactions.room.withLock { $0 = 1 }
        sender.takePostponed(10, into: &orders)
        sender.send(&orders, in: rig.context)
        sender.takePostponed(10, into: &orders)
        #expect(orders.isEmpty && sender.unsendable.value == 0)
        #expect(transactions.targets.withLock { $0.count } == 1)
    }

    @Test("more than the bound are given up, and counted")
    func bound() throws {
        let sender = try sender()
        let order = try subscribe(expires: 0)[0]
        var orders = [NotifyOrder](repeating: order, count: Limits.notifiesPostponedMax + 5)
        sender.send(&orders, in: rig.context)
        #expect(sender.unsendable.value == 5)
        sender.takePostponed(7, into: &orders)
        #expect(orders.count == 7)
        sender.takePostponed(.max, into: &orders)
        #expect(orders.count == Limits.notifiesPostponedMax)
    }

    @Test(
        "default_socket is where a NOTIFY leaves whose own socket is no more",
        arguments: [
            (nil, "udp:192.0.2.9:5060", false), ("first", "udp:192.0.2.9:5060", true),
            ("udp:nowhere:1", "udp:192.0.2.9:5060", false), (nil, "first", true),
        ] as [(String?, String, Bool)])
    func defaultSocket(wanted: String?, socket: String, isNamed: Bool) throws {
        let first = rig.rig.services.sockets[0].name
        let sender = try sender(defaultSocket: wanted == "first" ? first : wanted)
        var orders = try subscribe(socket: socket == "first" ? first : socket)
        transactions.room.withLock { $0 = 1 }
        sender.send(&orders, in: rig.context)
        let targets = transactions.targets.withLock { $0 }
        try #require(targets.count == 1)
        guard case .address(let hop) = targets[0] else {
            Issue.record("\(targets)")
            return
        }
        #expect((hop.socket == SocketIndex(0)) == isNamed)
    }
}
