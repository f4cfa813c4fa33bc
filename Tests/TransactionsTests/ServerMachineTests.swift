import Testing

@testable import Transactions

/// Every event in every state of the two server machines.
@Suite("Server machines")
struct ServerMachineTests {
    private static let events: [ServerEvent] = [
        .request, .ack, .answer(180), .answer(200), .answer(486), .again, .end, .failed,
    ]

    private static func apply(
        _ event: ServerEvent, _ machine: inout InviteServerTransaction
    ) -> TransactionActions {
        switch event {
        case .request: machine.receivedAgain()
        case .ack: machine.acknowledged(.test)
        case .answer(let status): machine.answered(status: status, .test)
        case .again: machine.fired(.retransmission, .test)
        case .end: machine.fired(.lifetime, .test)
        case .failed: machine.transportFailed()
        }
    }

    private static func apply(
        _ event: ServerEvent, _ machine: inout NonInviteServerTransaction
    ) -> TransactionActions {
        switch event {
        case .request: machine.receivedAgain()
        case .ack: .none
        case .answer(let status): machine.answered(status: status, .test)
        case .again: machine.fired(.retransmission)
        case .end: machine.fired(.lifetime)
        case .failed: machine.transportFailed()
        }
    }

    private static func expect(
        isInvite: Bool = true, isReliable: Bool = false, path: [ServerEvent], _ text: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let rows = table(text)
        #expect(rows.count == events.count, sourceLocation: sourceLocation)
        for event in events {
            var invite = InviteServerTransaction(.test, isReliable: isReliable)
            var other = NonInviteServerTransaction(isReliable: isReliable)
            for step in path {
                _ = isInvite ? apply(step, &invite) : apply(step, &other)
            }
            let actions = words(isInvite ? apply(event, &invite) : apply(event, &other))
            let state = isInvite ? "\(invite.state)" : "\(other.state)"
            let result = actions.isEmpty ? state : "\(state) \(actions)"
            #expect(
                result == rows["\(event)"], "\(event) after \(path)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("a request is shown, and not kept for ever without an answer")
    func start() {
        let invite = InviteServerTransaction(.test, isReliable: false)
        #expect(words(invite.start(.test)) == "show end=300000")
        let other = NonInviteServerTransaction(isReliable: false)
        #expect(words(other.start(.test)) == "show end=300000")
        var timers = TransactionTimers.test
        timers.unanswered = 0
        #expect(words(invite.start(timers)) == "show")
        #expect(words(other.start(timers)) == "show")
    }

    @Test("an INVITE without any response is absorbed when it comes again")
    func unanswered() {
        Self.expect(
            path: [],
            """
            request    | proceeding
            ack        | proceeding
            answer 180 | proceeding send end=300000
            answer 200 | accepted send end=32000
            answer 486 | completed send again=500 end=32000
            again      | proceeding
            end        | terminated timeout gone again- end-
            failed     | proceeding failure
            """)
    }

    @Test("an INVITE that was answered provisionally gets that again")
    func proceeding() {
        Self.expect(
            path: [.answer(100)],
            """
            request    | proceeding send
            ack        | proceeding
            answer 180 | proceeding send end=300000
            answer 200 | accepted send end=32000
            answer 486 | completed send again=500 end=32000
            again      | proceeding
            end        | terminated timeout gone again- end-
            failed     | proceeding failure
            """)
    }

    @Test("a refused INVITE repeats its response until the ACK comes")
    func completed() {
        Self.expect(
            path: [.answer(486)],
            """
            request    | completed send
            ack        | confirmed again- end=5000
            answer 180 | completed
            answer 200 | completed
            answer 486 | completed
            again      | completed send again=1000
            end        | terminated timeout gone again- end-
            failed     | completed failure
            """)
    }

    @Test("a confirmed INVITE absorbs what comes")
    func confirmed() {
        Self.expect(
            path: [.answer(486), .ack],
            """
            request    | confirmed
            ack        | confirmed
            answer 180 | confirmed
            answer 200 | confirmed
            answer 486 | confirmed
            again      | confirmed
            end        | terminated gone again- end-
            failed     | confirmed
            """)
    }

    @Test("an accepted INVITE absorbs itself and lets each 2xx out", arguments: [false, true])
    func accepted(isReliable: Bool) {
        Self.expect(
            isReliable: isReliable, path: [.answer(200)],
            """
            request    | accepted
            ack        | accepted show
            answer 180 | accepted
            answer 200 | accepted send
            answer 486 | accepted
            again      | accepted
            end        | terminated gone again- end-
            failed     | accepted failure
            """)
    }

    @Test("a terminated transaction does nothing", arguments: [false, true])
    func terminated(isInvite: Bool) {
        let text = Self.events.map { "\($0) | terminated" }.joined(separator: "\n")
        Self.expect(isInvite: isInvite, path: [.end], text)
    }

    @Test("on a stream a refused INVITE is not repeated and ends with its ACK")
    func reliable() {
        Self.expect(
            isReliable: true, path: [.answer(486)],
            """
            request    | completed send
            ack        | terminated gone again- end-
            answer 180 | completed
            answer 200 | completed
            answer 486 | completed
            again      | completed send again=1000
            end        | terminated timeout gone again- end-
            failed     | completed failure
            """)
        var machine = InviteServerTransaction(.test, isReliable: true)
        #expect(words(machine.answered(status: 486, .test)) == "send end=32000")
    }

    @Test("timer G doubles up to T2")
    func timerG() {
        var machine = InviteServerTransaction(.test, isReliable: false)
        _ = machine.answered(status: 486, .test)
        let intervals = (0..<5).map { _ in words(machine.fired(.retransmission, .test)) }
        #expect(intervals == [1, 2, 4, 4, 4].map { "send again=\($0 * 1000)" })
    }

    @Test("another request that comes again before any response is absorbed")
    func trying() {
        Self.expect(
            isInvite: false, path: [],
            """
            request    | trying
            ack        | trying
            answer 180 | proceeding send end=300000
            answer 200 | completed send end=31000
            answer 486 | completed send end=31000
            again      | trying
            end        | terminated timeout gone again- end-
            failed     | trying
            """)
    }

    @Test("another request that was answered provisionally gets that again")
    func proceedingRequest() {
        Self.expect(
            isInvite: false, path: [.answer(100)],
            """
            request    | proceeding send
            ack        | proceeding
            answer 180 | proceeding send end=300000
            answer 200 | completed send end=31000
            answer 486 | completed send end=31000
            again      | proceeding
            end        | terminated timeout gone again- end-
            failed     | proceeding failure
            """)
    }

    @Test("another request that was answered gets its final response again")
    func completedRequest() {
        Self.expect(
            isInvite: false, path: [.answer(200)],
            """
            request    | completed send
            ack        | completed
            answer 180 | completed
            answer 200 | completed
            answer 486 | completed
            again      | completed
            end        | terminated gone again- end-
            failed     | completed failure
            """)
    }

    @Test("on a stream another request ends with its final response, as timer J is 0")
    func reliableRequest() {
        Self.expect(
            isInvite: false, isReliable: true, path: [],
            """
            request    | trying
            ack        | trying
            answer 180 | proceeding send end=300000
            answer 200 | terminated send gone again- end-
            answer 486 | terminated send gone again- end-
            again      | trying
            end        | terminated timeout gone again- end-
            failed     | trying
            """)
    }
}
