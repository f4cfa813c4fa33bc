import Testing

@testable import Transactions

/// Every event in every state of the two client machines.
@Suite("Client machines")
struct ClientMachineTests {
    private static let inviteEvents: [ClientEvent] = [
        .response(100), .response(183), .response(200), .response(302), .response(699), .cancelled,
        .again, .end, .failed,
    ]

    private static func apply(
        _ event: ClientEvent, _ machine: inout InviteClientTransaction
    ) -> TransactionActions {
        switch event {
        case .response(let status): machine.received(status: status, .test)
        case .again: machine.fired(.retransmission, .test)
        case .end: machine.fired(.lifetime, .test)
        case .failed: machine.transportFailed()
        case .cancelled: machine.cancelled(.test)
        }
    }

    private static func expectInvite(
        isReliable: Bool, path: [ClientEvent], _ text: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let rows = table(text)
        #expect(rows.count == inviteEvents.count, sourceLocation: sourceLocation)
        for event in inviteEvents {
            var machine = InviteClientTransaction(.test, isReliable: isReliable)
            for step in path { _ = apply(step, &machine) }
            let actions = words(apply(event, &machine))
            let result = actions.isEmpty ? "\(machine.state)" : "\(machine.state) \(actions)"
            #expect(
                result == rows["\(event)"], "\(event) after \(path)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("an INVITE on UDP starts timers A and B, on TCP only B")
    func inviteStart() {
        let datagram = InviteClientTransaction(.test, isReliable: false)
        #expect(words(datagram.start(.test)) == "send again=500 end=30000")
        let stream = InviteClientTransaction(.test, isReliable: true)
        #expect(words(stream.start(.test)) == "send end=30000")
    }

    @Test("a calling INVITE")
    func calling() {
        Self.expectInvite(
            isReliable: false, path: [],
            """
            100       | proceeding show again- end=120000
            183       | proceeding show again- end=120000
            200       | accepted show again- end=32000
            302       | completed ack show again- end=31000
            699       | completed ack show again- end=31000
            cancelled | calling
            again     | calling send again=1000
            end       | terminated timeout gone again- end-
            failed    | terminated failure gone again- end-
            """)
    }

    @Test("a proceeding INVITE")
    func proceeding() {
        Self.expectInvite(
            isReliable: false, path: [.response(100)],
            """
            100       | proceeding show again- end=120000
            183       | proceeding show again- end=120000
            200       | accepted show again- end=32000
            302       | completed ack show again- end=31000
            699       | completed ack show again- end=31000
            cancelled | proceeding end=32000
            again     | proceeding
            end       | proceeding timeout
            failed    | proceeding
            """)
    }

    @Test("a cancelled INVITE: the next end is the last one")
    func cancelled() {
        Self.expectInvite(
            isReliable: false, path: [.response(100), .cancelled],
            """
            100       | proceeding show again-
            183       | proceeding show again-
            200       | accepted show again- end=32000
            302       | completed ack show again- end=31000
            699       | completed ack show again- end=31000
            cancelled | proceeding
            again     | proceeding
            end       | terminated timeout gone again- end-
            failed    | proceeding
            """)
    }

    @Test("a completed INVITE acknowledges each response once more")
    func completed() {
        Self.expectInvite(
            isReliable: false, path: [.response(486)],
            """
            100       | completed
            183       | completed
            200       | completed
            302       | completed ack
            699       | completed ack
            cancelled | completed
            again     | completed
            end       | terminated gone again- end-
            failed    | terminated failure gone again- end-
            """)
    }

    @Test("an accepted INVITE shows each 2xx (RFC 6026)", arguments: [false, true])
    func accepted(isReliable: Bool) {
        Self.expectInvite(
            isReliable: isReliable, path: [.response(200)],
            """
            100       | accepted
            183       | accepted
            200       | accepted show
            302       | accepted
            699       | accepted
            cancelled | accepted
            again     | accepted
            end       | terminated gone again- end-
            failed    | accepted
            """)
    }

    @Test("a terminated INVITE does nothing", arguments: [false, true])
    func terminated(isReliable: Bool) {
        let text = Self.inviteEvents.map { "\($0) | terminated" }.joined(separator: "\n")
        Self.expectInvite(isReliable: isReliable, path: [.failed], text)
    }

    @Test("on a stream an INVITE ends with its final response, as timer D is 0")
    func reliableInvite() {
        Self.expectInvite(
            isReliable: true, path: [.response(100)],
            """
            100       | proceeding show again- end=120000
            183       | proceeding show again- end=120000
            200       | accepted show again- end=32000
            302       | terminated ack show gone again- end-
            699       | terminated ack show gone again- end-
            cancelled | proceeding end=32000
            again     | proceeding
            end       | proceeding timeout
            failed    | proceeding
            """)
    }

    @Test("timer A doubles without limit")
    func timerA() {
        var machine = InviteClientTransaction(.test, isReliable: false)
        let intervals = (0..<6).map { _ in words(machine.fired(.retransmission, .test)) }
        #expect(intervals == [1, 2, 4, 8, 16, 32].map { "send again=\($0 * 1000)" })
        for _ in 0..<40 { _ = machine.fired(.retransmission, .test) }
        #expect(words(machine.fired(.retransmission, .test)) == "send again=\(UInt32.max)")
    }

    @Test("timer C starts once where it is not to be restarted, and never at 0")
    func timerC() {
        var timers = TransactionTimers.test
        timers.restartsOnProvisional = false
        var machine = InviteClientTransaction(timers, isReliable: false)
        #expect(words(machine.received(status: 100, timers)) == "show again- end=120000")
        #expect(words(machine.received(status: 180, timers)) == "show again-")
        timers.provisional = 0
        var endless = InviteClientTransaction(timers, isReliable: false)
        #expect(words(endless.received(status: 100, timers)) == "show again- end-")
    }

    // MARK: Other requests

    private static let events: [ClientEvent] = [
        .response(100), .response(200), .response(404), .again, .end, .failed,
    ]

    private static func apply(
        _ event: ClientEvent, _ machine: inout NonInviteClientTransaction
    ) -> TransactionActions {
        switch event {
        case .response(let status): machine.received(status: status, .test)
        case .again: machine.fired(.retransmission, .test)
        case .end: machine.fired(.lifetime, .test)
        case .failed: machine.transportFailed()
        case .cancelled: .none
        }
    }

    private static func expect(
        isReliable: Bool, path: [ClientEvent], _ text: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let rows = table(text)
        #expect(rows.count == events.count, sourceLocation: sourceLocation)
        for event in events {
            var machine = NonInviteClientTransaction(.test, isReliable: isReliable)
            for step in path { _ = apply(step, &machine) }
            let actions = words(apply(event, &machine))
            let result = actions.isEmpty ? "\(machine.state)" : "\(machine.state) \(actions)"
            #expect(
                result == rows["\(event)"], "\(event) after \(path)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("another request on UDP starts timers E and F, on TCP only F")
    func start() {
        let datagram = NonInviteClientTransaction(.test, isReliable: false)
        #expect(words(datagram.start(.test)) == "send again=500 end=30000")
        let stream = NonInviteClientTransaction(.test, isReliable: true)
        #expect(words(stream.start(.test)) == "send end=30000")
    }

    @Test("a trying request")
    func trying() {
        Self.expect(
            isReliable: false, path: [],
            """
            100    | proceeding show
            200    | completed show again- end=5000
            404    | completed show again- end=5000
            again  | trying send again=1000
            end    | terminated timeout gone again- end-
            failed | terminated failure gone again- end-
            """)
    }

    @Test("a proceeding request is sent again every T2")
    func proceedingRequest() {
        Self.expect(
            isReliable: false, path: [.response(100)],
            """
            100    | proceeding show
            200    | completed show again- end=5000
            404    | completed show again- end=5000
            again  | proceeding send again=4000
            end    | terminated timeout gone again- end-
            failed | terminated failure gone again- end-
            """)
    }

    @Test("a completed request absorbs what comes")
    func completedRequest() {
        Self.expect(
            isReliable: false, path: [.response(200)],
            """
            100    | completed
            200    | completed
            404    | completed
            again  | completed
            end    | terminated gone again- end-
            failed | completed
            """)
    }

    @Test("a terminated request does nothing")
    func terminatedRequest() {
        let text = Self.events.map { "\($0) | terminated" }.joined(separator: "\n")
        Self.expect(isReliable: false, path: [.failed], text)
        Self.expect(isReliable: true, path: [.response(200)], text)
    }

    @Test("on a stream a request ends with its final response, as timer K is 0")
    func reliable() {
        Self.expect(
            isReliable: true, path: [],
            """
            100    | proceeding show
            200    | terminated show gone again- end-
            404    | terminated show gone again- end-
            again  | trying send again=1000
            end    | terminated timeout gone again- end-
            failed | terminated failure gone again- end-
            """)
    }

    @Test("timer E doubles up to T2")
    func timerE() {
        var machine = NonInviteClientTransaction(.test, isReliable: false)
        let intervals = (0..<5).map { _ in words(machine.fired(.retransmission, .test)) }
        #expect(intervals == [1, 2, 4, 4, 4].map { "send again=\($0 * 1000)" })
    }

    @Test("the machines are small plain values")
    func size() {
        #expect(MemoryLayout<InviteClientTransaction>.size <= 8)
        #expect(MemoryLayout<NonInviteClientTransaction>.size <= 8)
        #expect(MemoryLayout<InviteServerTransaction>.size <= 8)
        #expect(MemoryLayout<NonInviteServerTransaction>.size <= 8)
    }
}
