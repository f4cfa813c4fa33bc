import Testing

@testable import Registrar

@Suite("Lifetime of a binding")
struct ExpiryRulesTests {
    private func rules(_ change: (inout RegistrarParameters) -> Void = { _ in }) -> ExpiryRules {
        var parameters = RegistrarParameters()
        change(&parameters)
        return ExpiryRules(parameters)
    }

    private func lifetime(
        _ rules: ExpiryRules, parameter: ExpiryRules.Stated = .absent,
        header: ExpiryRules.Stated = .absent, keepsExact: Bool = false, random: UInt64 = 0
    ) -> ExpiryRules.Lifetime {
        rules.lifetime(
            parameter: parameter, header: header, keepsExact: keepsExact, random: random)
    }

    @Test("a request that says nothing gets the default")
    func nothingSaid() {
        #expect(lifetime(rules()) == .seconds(3600))
        #expect(lifetime(rules { $0.defaultExpires = 120 }) == .seconds(120))
    }

    @Test("the contact's parameter comes before the header field")
    func parameterFirst() {
        let stated = lifetime(rules(), parameter: .seconds(600), header: .seconds(900))
        #expect(stated == .seconds(600))
        #expect(lifetime(rules(), header: .seconds(900)) == .seconds(900))
    }

    @Test("a malformed parameter counts as the default, a malformed header field as absent")
    func malformed() {
        let parameter = lifetime(rules(), parameter: .malformed, header: .seconds(900))
        #expect(parameter == .seconds(3600))
        #expect(lifetime(rules(), header: .malformed) == .seconds(3600))
    }

    @Test("zero removes, whatever the limits say")
    func zero() {
        let strict = rules {
            $0.minExpires = 60
            $0.minExpiresMode = .refuse
        }
        #expect(lifetime(strict, parameter: .seconds(0)) == .removal)
        #expect(lifetime(strict, header: .seconds(0)) == .removal)
        #expect(lifetime(strict, parameter: .seconds(0), header: .seconds(60)) == .removal)
    }

    @Test("a value below the minimum is raised, or refused in the other mode")
    func minimum() {
        #expect(lifetime(rules(), parameter: .seconds(5)) == .seconds(60))
        let refusing = rules { $0.minExpiresMode = .refuse }
        #expect(lifetime(refusing, parameter: .seconds(59)) == .tooBrief)
        #expect(lifetime(refusing, parameter: .seconds(60)) == .seconds(60))
        #expect(lifetime(rules { $0.minExpires = 0 }, parameter: .seconds(1)) == .seconds(1))
    }

    @Test("a value above the maximum is cut, and none is cut without a maximum")
    func maximum() {
        let capped = rules { $0.maxExpires = 7200 }
        #expect(lifetime(capped, parameter: .seconds(90_000)) == .seconds(7200))
        #expect(lifetime(rules(), parameter: .seconds(90_000)) == .seconds(90_000))
    }

    @Test("a range shortens by at most its percentage and never below the minimum")
    func ranges() {
        let spread = rules { $0.expiresRange = 10 }
        for random in UInt64(0)...1_000 {
            let outcome = lifetime(spread, parameter: .seconds(1_000), random: random)
            guard case .seconds(let value) = outcome else {
                Issue.record("a removal out of nowhere")
                return
            }
            #expect(value >= 900 && value <= 1_000)
        }
        let low = rules { $0.expiresRange = 100 }
        #expect(lifetime(low, parameter: .seconds(100), random: 100) == .seconds(60))
    }

    @Test("each range applies to its own kind of value")
    func rangeKinds() {
        let both = rules {
            $0.defaultExpiresRange = 50
            $0.expiresRange = 0
        }
        #expect(lifetime(both, random: 1_800) == .seconds(1_800))
        #expect(lifetime(both, parameter: .seconds(1_000), random: 500) == .seconds(1_000))
    }

    @Test("the exact flag keeps the value as it was asked for")
    func exact() {
        let spread = rules { $0.expiresRange = 50 }
        let kept = lifetime(
            spread, parameter: .seconds(1_000), keepsExact: true, random: 400)
        #expect(kept == .seconds(1_000))
    }
}

@Suite("Why a REGISTER is refused")
struct RegistrarFailureTests {
    @Test(
        "each failure has its status",
        arguments: [
            (RegistrarFailure.outOfOrder, 400), (.starNotAlone, 400), (.badQ, 400),
            (.tooBrief(minimum: 60), 423), (.tooManyContacts, 503), (.unavailable, 503),
            (.aorTooLong, 500), (.unknownScheme, 404),
        ])
    func status(failure: RegistrarFailure, status: Int) {
        #expect(failure.status == status)
        #expect(failure.text.utf8CodeUnitCount > 0)
    }
}
