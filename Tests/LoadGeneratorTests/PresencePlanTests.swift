import Testing

@testable import LoadGenerator

/// A plan against nobody, for what needs no server.
func makePresencePlan(_ change: (inout PresencePlan) -> Void = { _ in }) -> PresencePlan {
    var plan = PresencePlan(server: ServerName(host: "127.0.0.1", port: 9))
    plan.presentities = 10
    plan.watchersEach = 3
    plan.seed = 0
    change(&plan)
    return plan
}

@Suite("Plan of a presence load")
struct PresencePlanTests {
    @Test("the defaults are valid")
    func defaults() throws {
        try PresencePlan(server: ServerName(host: "127.0.0.1", port: 9)).validate()
    }

    @Test(
        "dialogs and operations follow from the scenario",
        arguments: [
            (.subscribe, nil, nil, 30, 30), (.subscribe, 7, nil, 7, 7),
            (.subscribe, nil, 5, 30, 30),
            (.publish, nil, nil, 30, 10), (.publish, 99, nil, 30, 99),
            (.publish, nil, 5, 30, 1_000_000_000), (.publish, 99, 5, 30, 99),
            (.refresh, nil, nil, 30, 30), (.refresh, nil, 5, 30, 1_000_000_000),
            (.initial, nil, nil, 0, 10), (.initial, 4, nil, 0, 10), (.initial, nil, 5, 0, 10),
        ] as [(PresenceScenario, Int?, Int?, Int, Int)])
    func numbers(
        _ scenario: PresenceScenario, _ count: Int?, _ seconds: Int?, _ dialogs: Int,
        _ operations: Int
    ) throws {
        let plan = makePresencePlan {
            $0.scenario = scenario
            $0.count = count
            $0.seconds = seconds
        }
        try plan.validate()
        #expect(plan.dialogs == dialogs)
        #expect(plan.operations == operations)
    }

    /// A change that makes a plan invalid, and what the refusal begins with.
    private static let invalid: [(String, @Sendable (inout PresencePlan) -> Void)] = [
        ("presentities is 0, must be 1 to", { $0.presentities = 0 }),
        ("presentities is 10000001", { $0.presentities = 10_000_001 }),
        ("watchers is 0", { $0.watchersEach = 0 }),
        ("watchers is 100001", { $0.watchersEach = 100_001 }),
        ("count is 0", { $0.count = 0 }),
        (
            "subscriptions is 5000000",
            {
                $0.presentities = 5_000_000
                $0.watchersEach = 1
            }
        ),
        ("seconds is 0", { $0.seconds = 0 }), ("window is 0", { $0.window = 0 }),
        ("rate is -1", { $0.rate = -1 }), ("sockets is 0", { $0.sockets = 0 }),
        ("expires is 0", { $0.expires = 0 }), ("body is 399", { $0.bodyBytes = 399 }),
        ("body is 1201", { $0.bodyBytes = 1_201 }),
        ("retransmit time is 0", { $0.retransmitMilliseconds = 0 }),
        ("give-up time is 3601", { $0.giveUpSeconds = 3_601 }),
        ("domain is 'a b'", { $0.domain = "a b" }), ("user-prefix is ''", { $0.userPrefix = "" }),
        (
            "domain and user-prefix is 68",
            { $0.domain = String(repeating: "a", count: 64) }
        ),
    ]

    @Test("a number outside its range is refused by name", arguments: invalid.indices)
    func refusals(_ index: Int) {
        let (message, change) = Self.invalid[index]
        let error = #expect(throws: LoadError.self) { try makePresencePlan(change).validate() }
        #expect(error?.kind == .badPlan)
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("what a scenario prepares it takes away again", arguments: PresenceScenario.allCases)
    func phases(_ scenario: PresenceScenario) {
        for isPublished in [false, true] {
            let before =
                scenario.preparation(isPublished: isPublished) + [scenario.measured]
            let after = scenario.cleanup(isPublished: isPublished)
            #expect(before.contains(.publish) == after.contains(.remove))
            #expect(before.contains(.subscribe) == after.contains(.unsubscribe))
            // A document that goes before its watchers would be notified.
            #expect(after == after.sorted { left, _ in left == .unsubscribe })
        }
    }

    @Test("a publication is about a presentity, a subscription about a dialog")
    func subjects() {
        #expect(
            Set(PresencePhase.allCases.filter(\.isPublication))
                == [.publish, .change, .remove, .register])
    }
}
