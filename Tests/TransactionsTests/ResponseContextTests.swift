import TestSupport
import Testing

@testable import Transactions

/// Says in words what a response context asks for.
private func words(_ actions: ForkActions) -> String {
    var words: [String] = []
    func add(_ name: String, _ set: BranchSet) {
        if !set.isEmpty { words.append(name + " " + set.map(String.init).joined(separator: ",")) }
    }
    if let forward = actions.forward { words.append("forward \(forward)") }
    add("start", actions.start)
    add("cancel", actions.cancel)
    add("abandon", actions.abandon)
    if let best = actions.best { words.append("best " + text(best)) }
    return words.joined(separator: " ")
}

/// `486 of 1`, `408 local`, `401 of 0 +1,2`.
private func text(_ best: BestResponse) -> String {
    var text = "\(best.status)"
    if let branch = best.branch { text += " of \(branch)" }
    if best.isLocal { text += " local" }
    if !best.challenges.isEmpty {
        text += " +" + best.challenges.map(String.init).joined(separator: ",")
    }
    return text
}

extension ResponseContext {
    /// A context whose branches have these preferences.
    fileprivate init(q: [Int], _ change: (inout ForkSettings) -> Void = { _ in }) throws {
        var settings = ForkSettings()
        change(&settings)
        self.init(settings)
        for q in q { _ = try add(q: q) }
    }

    /// Starts, feeds responses and says in words what the last one asks for.
    fileprivate mutating func play(_ responses: [(Int, Int)]) -> String {
        _ = begin()
        var last = ""
        for (branch, status) in responses { last = words(received(branch, status: status)) }
        return last
    }
}

/// What a proxy does with the responses of its branches (RFC 3261 16.7).
@Suite("Response context")
struct ResponseContextTests {
    // MARK: What passes at once

    @Test("a 100 stays, another provisional response passes")
    func provisional() throws {
        var context = try ResponseContext(q: [1000, 1000])
        #expect(words(context.begin()) == "start 0,1")
        #expect(words(context.received(0, status: 100)) == "")
        #expect(words(context.received(0, status: 180)) == "forward 0")
        #expect(words(context.received(1, status: 183)) == "forward 1")
        #expect(words(context.received(0, status: 180)) == "forward 0")
        context.settings.passes100 = true
        #expect(words(context.received(1, status: 100)) == "forward 1")
    }

    @Test("a 2xx passes at once and ends the others")
    func success() throws {
        var context = try ResponseContext(q: [1000, 1000, 1000, 500])
        _ = context.begin()
        _ = context.received(1, status: 180)
        #expect(words(context.received(0, status: 200)) == "forward 0 cancel 1")
        #expect(context.isFinalSent && context.isAccepted)
        // The third branch is cancelled once it may be.
        #expect(words(context.received(2, status: 180)) == "cancel 2")
        #expect(words(context.received(2, status: 180)) == "")
        #expect(words(context.received(2, status: 487)) == "")
        #expect(words(context.received(1, status: 487)) == "")
        #expect(words(context.begin()) == "")
    }

    @Test("each 2xx of an INVITE passes, only one of another request")
    func manySuccesses() throws {
        var invite = try ResponseContext(q: [1000, 1000])
        #expect(invite.play([(0, 200)]) == "forward 0")
        #expect(words(invite.received(0, status: 200)) == "forward 0")
        #expect(words(invite.received(1, status: 200)) == "forward 1")
        var other = try ResponseContext(q: [1000, 1000]) { $0.isInvite = false }
        #expect(other.play([(0, 200)]) == "forward 0")
        #expect(words(other.received(1, status: 200)) == "")
        #expect(words(other.received(1, status: 200)) == "")
    }

    @Test("a 2xx passes even after a failure was sent or its branch was given up")
    func lateSuccess() throws {
        var context = try ResponseContext(q: [1000])
        _ = context.begin()
        #expect(words(context.failed(0)) == "best 408 of 0 local")
        #expect(words(context.finalSent()) == "")
        #expect(words(context.received(0, status: 200)) == "forward 0")
        #expect(words(context.received(0, status: 180)) == "")
    }

    // MARK: The best response

    @Test(
        "the best response of all branches",
        arguments: [
            ([404], "404 of 0"), ([404, 486], "404 of 0"), ([486, 302], "302 of 1"),
            ([500, 404], "404 of 1"), ([404, 600], "600 of 1"), ([603, 600], "600 of 1"),
            ([302, 603], "603 of 1"), ([404, 484], "484 of 1"), ([400, 415], "415 of 1"),
            ([403, 420], "420 of 1"), ([486, 408], "486 of 0"), ([408, 503], "408 of 0"),
            ([503, 502], "502 of 1"), ([503], "500 of 0"), ([503, 503], "500 of 0"),
            ([401, 404], "401 of 0"), ([407, 401], "401 of 1 +0"),
            ([486, 407, 401], "401 of 2 +1"),
            ([486, 486], "486 of 0"),
        ] as [([Int], String)])
    func best(statuses: [Int], expected: String) throws {
        var context = try ResponseContext(q: statuses.map { _ in 1000 })
        let last = context.play(statuses.enumerated().map { ($0.offset, $0.element) })
        #expect(last == "best \(expected)")
        #expect(text(context.best) == expected)
    }

    @Test("a 503 passes as it is, and challenges stay apart, where that is set")
    func settings() throws {
        var context = try ResponseContext(q: [1000]) { $0.remaps503 = false }
        #expect(context.play([(0, 503)]) == "best 503 of 0")
        var apart = try ResponseContext(q: [1000, 1000]) { $0.aggregatesChallenges = false }
        #expect(apart.play([(0, 401), (1, 407)]) == "best 401 of 0")
    }

    @Test("responses made here can be made to count least")
    func localPenalty() throws {
        for penalty in [0, 2_000] {
            var context = try ResponseContext(q: [1000, 1000]) { $0.localReplyPenalty = penalty }
            _ = context.begin()
            _ = context.failed(0)
            let best = words(context.received(1, status: 503))
            #expect(best == (penalty == 0 ? "best 408 of 0 local" : "best 500 of 1"))
        }
    }

    @Test("a failure waits for the other branches")
    func waiting() throws {
        var context = try ResponseContext(q: [1000, 1000])
        #expect(context.play([(0, 404)]) == "")
        #expect(words(context.received(1, status: 180)) == "forward 1")
        // Another final response of a finished branch is none.
        #expect(words(context.received(0, status: 302)) == "")
        #expect(words(context.received(1, status: 486)) == "best 404 of 0")
    }

    @Test("a 6xx cancels the others and is sent when they have ended")
    func decline() throws {
        var context = try ResponseContext(q: [1000, 1000, 500])
        _ = context.begin()
        _ = context.received(1, status: 180)
        #expect(words(context.received(0, status: 603)) == "cancel 1")
        #expect(words(context.received(1, status: 487)) == "best 603 of 0")
        #expect(context.set(where: { $0.state == .waiting }).isEmpty)
    }

    @Test("a 6xx is a failure like others where that is set")
    func declineDisabled() throws {
        var context = try ResponseContext(q: [1000, 1000, 500]) { $0.disables6xxBlock = true }
        _ = context.begin()
        _ = context.received(1, status: 180)
        #expect(words(context.received(0, status: 603)) == "")
        #expect(words(context.received(1, status: 404)) == "start 2")
        #expect(words(context.received(2, status: 404)) == "best 603 of 0")
    }

    // MARK: Groups

    @Test("groups of equal q are tried one after the other")
    func groups() throws {
        var context = try ResponseContext(q: [300, 900, 300, 900])
        #expect(words(context.begin()) == "start 1,3")
        #expect(words(context.received(1, status: 486)) == "")
        #expect(words(context.received(3, status: 408)) == "start 0,2")
        #expect(context.branches[0].leg == 2 && context.branches[1].leg == 1)
        #expect(words(context.received(0, status: 500)) == "")
        #expect(words(context.failed(2)) == "best 486 of 1")
    }

    @Test("all branches start at once where it is wished")
    func parallel() throws {
        var context = try ResponseContext(q: [300, 900])
        #expect(words(context.begin(isParallel: true)) == "start 0,1")
    }

    @Test("the script starts the next group itself where it is wished")
    func manual() throws {
        var context = try ResponseContext(q: [900, 300]) { $0.startsNextGroup = false }
        #expect(context.play([(0, 486)]) == "best 486 of 0")
        #expect(words(context.begin()) == "start 1")
        #expect(words(context.received(1, status: 500)) == "best 486 of 0")
    }

    @Test(
        "which responses of earlier groups count",
        arguments: [
            (.keepAll, "404 of 0"), (.dropAll, "500 of 2"), (.dropLast, "500 of 2"),
            (.keepLast, "500 of 2"),
        ] as [(FailureReplyMode, String)])
    func modes(mode: FailureReplyMode, expected: String) throws {
        var context = try ResponseContext(q: [900, 600, 300]) { $0.failureReplyMode = mode }
        #expect(context.play([(0, 404), (1, 486), (2, 500)]) == "best \(expected)")
    }

    @Test("without a response that counts it is 408")
    func nothing() throws {
        var context = try ResponseContext(q: [1000])
        #expect(context.play([(0, 404)]) == "best 404 of 0")
        context.dropResponses(.dropAll)
        #expect(text(context.best) == "408 local")
    }

    @Test("dropping responses", arguments: FailureReplyMode.allCases)
    func drop(mode: FailureReplyMode) throws {
        var context = try ResponseContext(q: [900, 300])
        _ = context.play([(0, 404), (1, 486)])
        context.dropResponses(mode)
        let left = context.set(where: { !$0.isDropped })
        let expected: [FailureReplyMode: BranchSet] = [
            .keepAll: [0, 1], .dropAll: [], .dropLast: [0], .keepLast: [1],
        ]
        #expect(left == expected[mode])
    }

    // MARK: Time-outs and CANCEL

    @Test("timer C of a ringing branch sends a CANCEL and counts as 408")
    func timerC() throws {
        var context = try ResponseContext(q: [1000])
        _ = context.play([(0, 180)])
        #expect(words(context.failed(0)) == "cancel 0 best 408 of 0 local")
        #expect(words(context.received(0, status: 487)) == "")
        #expect(words(context.failed(0)) == "")
    }

    @Test("a request that cannot be sent is 503 here, 500 to the client")
    func unreachable() throws {
        var context = try ResponseContext(q: [1000])
        _ = context.begin()
        #expect(words(context.failed(0, status: 503)) == "best 500 of 0 local")
    }

    @Test("the client's CANCEL ends all branches, and the best is their 487")
    func cancelled() throws {
        var context = try ResponseContext(q: [1000, 1000, 500])
        _ = context.begin()
        _ = context.received(0, status: 180)
        #expect(words(context.cancelled()) == "cancel 0")
        #expect(words(context.cancelled()) == "")
        #expect(words(context.received(1, status: 100)) == "cancel 1")
        #expect(words(context.received(0, status: 487)) == "")
        #expect(words(context.received(1, status: 487)) == "best 487 of 0")
        #expect(words(context.begin()) == "")
    }

    @Test("branches that have not answered count as 487 at once where that is set")
    func fakedCancel() throws {
        var context = try ResponseContext(q: [1000, 1000]) { $0.unansweredCancel = .answered487 }
        _ = context.begin()
        #expect(words(context.cancelled()) == "abandon 0,1 best 487 of 0 local")
    }

    @Test("branches that have not answered get a CANCEL at once where that is set")
    func eagerCancel() throws {
        var context = try ResponseContext(q: [1000]) { $0.unansweredCancel = .cancelled }
        _ = context.begin()
        #expect(words(context.cancelled()) == "cancel 0")
        #expect(words(context.received(0, status: 180)) == "forward 0")
    }

    @Test("a CANCEL without branches is answered with 487")
    func cancelledEarly() throws {
        var context = ResponseContext()
        #expect(words(context.cancelled()) == "best 487 local")
    }

    @Test("only an INVITE is cancelled")
    func otherRequests() throws {
        var context = try ResponseContext(q: [1000, 1000]) { $0.isInvite = false }
        _ = context.play([(0, 100)])
        #expect(words(context.cancelled()) == "")
        #expect(words(context.cancel([0])) == "")
        #expect(words(context.received(1, status: 200)) == "forward 1")
        #expect(words(context.failed(0)) == "")
    }

    @Test("the script cancels some branches")
    func cancelSome() throws {
        var context = try ResponseContext(q: [1000, 1000])
        _ = context.play([(0, 180), (1, 180)])
        #expect(words(context.cancel([1])) == "cancel 1")
        #expect(!context.isCancelled)
        #expect(words(context.received(1, status: 487)) == "")
        #expect(words(context.received(0, status: 404)) == "best 404 of 0")
    }

    @Test("a final response of the script's own ends all branches")
    func ownFinal() throws {
        var context = try ResponseContext(q: [1000, 500])
        _ = context.play([(0, 180)])
        #expect(words(context.finalSent()) == "cancel 0")
        #expect(words(context.finalSent()) == "")
        #expect(words(context.received(0, status: 180)) == "")
        #expect(words(context.received(0, status: 487)) == "")
        #expect(refusal { () throws(TransactionError) in try context.add() } == .wrongState)
    }

    @Test("there is a bound on branches")
    func bound() throws {
        var context = ResponseContext()
        for _ in 0..<ResponseContext.branchesMax { _ = try context.add() }
        #expect(refusal { () throws(TransactionError) in try context.add() } == .full)
        #expect(context.begin().start.count == ResponseContext.branchesMax)
    }

    // MARK: Any order of events

    @Test("whatever comes, one final response goes back and all branches end", arguments: 0..<300)
    func anyOrder(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let count = Int.random(in: 1...6, using: &random)
        var context = try ResponseContext(
            q: (0..<count).map { _ in [1000, 500, 300].randomElement(using: &random) ?? 0 }
        ) {
            $0.unansweredCancel = UnansweredCancel.allCases.randomElement(using: &random) ?? .waits
            $0.disables6xxBlock = Bool.random(using: &random)
            $0.failureReplyMode =
                FailureReplyMode.allCases.randomElement(using: &random) ?? .keepAll
            $0.isInvite = Int.random(in: 0..<4, using: &random) > 0
        }
        var log = ForkLog()
        log.note(context.begin(), &context)
        for _ in 0..<400 where !context.branches.allSatisfy({ $0.state == .finished }) {
            let branch = Int.random(in: 0..<count, using: &random)
            let isStarted = context.branches[branch].leg > 0
            switch Int.random(in: 0..<20, using: &random) {
            case 0: log.note(context.cancelled(), &context)
            case 1..<3 where isStarted: log.note(context.failed(branch), &context)
            case _ where isStarted:
                let statuses = [100, 180, 200, 302, 401, 404, 486, 503, 603]
                let status = statuses.randomElement(using: &random) ?? 100
                log.note(context.received(branch, status: status), &context)
            default: break
            }
        }
        #expect(context.isFinalSent)
        #expect(log.finals == 1)
        #expect(log.cancelledTwice == 0)
        #expect(log.startedTwice == 0)
    }
}

/// What a seeded run has seen.
private struct ForkLog {
    var finals = 0
    var cancelled: Set<Int> = []
    var started: Set<Int> = []
    var cancelledTwice = 0
    var startedTwice = 0

    /// Notes actions and sends the best response as soon as there is one.
    mutating func note(_ actions: ForkActions, _ context: inout ResponseContext) {
        for branch in actions.cancel where !cancelled.insert(branch).inserted {
            cancelledTwice += 1
        }
        for branch in actions.start where !started.insert(branch).inserted { startedTwice += 1 }
        if let forward = actions.forward, context.branches[forward].status >= 200,
            !context.branches[forward].isLocal, context.branches[forward].status < 300
        {
            // Several 2xx of an INVITE may pass; they count once.
            finals = finals == 0 ? 1 : finals
        }
        if actions.best != nil {
            finals += 1
            note(context.finalSent(), &context)
        }
    }
}
