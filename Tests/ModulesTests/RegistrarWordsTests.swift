import Basics
import Testing

@testable import Registrar

@Suite("The registrar's words and numbers")
struct RegistrarWordsTests {
    private func written(_ q: Int) -> String {
        var writer = ByteWriter(capacity: 16)
        ContactHeaderWriter.write(q: q, into: &writer)
        return writer.text
    }

    @Test(
        "a q is written with as many decimals as it needs (RFC 3261 25.1)",
        arguments: [
            (0, ";q=0"), (1, ";q=0.001"), (9, ";q=0.009"), (10, ";q=0.01"), (11, ";q=0.011"),
            (50, ";q=0.05"), (99, ";q=0.099"), (100, ";q=0.1"), (101, ";q=0.101"),
            (110, ";q=0.11"), (500, ";q=0.5"), (505, ";q=0.505"), (750, ";q=0.75"),
            (900, ";q=0.9"), (990, ";q=0.99"), (999, ";q=0.999"), (1000, ";q=1"),
        ])
    func q(thousandths: Int, text: String) { #expect(written(thousandths) == text) }

    @Test("every q comes back as the number that it was")
    func roundTrip() {
        for q in 0...1000 {
            let number = Double(written(q).dropFirst(3)) ?? -1
            #expect(Int((number * 1000).rounded()) == q)
        }
    }

    /// What each failure says, and whether the reply lists what is bound.
    private static let failures: [(RegistrarFailure, Int, String, Bool)] = [
        (.messageParse, 400, "Message parse error", false),
        (.toParse, 400, "Error while parsing AOR", false),
        (.unknownScheme, 404, "To names an address of an unknown scheme", false),
        (.aorTooLong, 500, "Address Of Record too long", false),
        (.callIDTooLong, 400, "Callid too long", false),
        (.contactParse, 400, "Contact parse error", false),
        (.contactTooLong, 400, "Contact/received too long", false),
        (.tooManyContactsNamed, 400, "Too many contacts in one request", false),
        (.starNotAlone, 400, "* used in contact and more than 1 contact", false),
        (.starWithExpires, 400, "* used in contact and expires is not zero", false),
        (.outOfOrder, 400, "Invalid CSeq number", false),
        (.badQ, 400, "Invalid q param in contact", true),
        (.badRegID, 400, "Invalid Reg-Id number", true),
        (.tooBrief(minimum: 1), 423, "Interval too brief", true),
        (.tooManyContacts, 503, "Too many registered contacts", false),
        (.unavailable, 503, "Location database unavailable", false),
    ]

    @Test("each failure has its status, its words and its list", arguments: failures)
    func failure(failure: RegistrarFailure, status: Int, text: String, lists: Bool) {
        #expect(failure.status == status)
        #expect("\(failure.text)" == text)
        #expect(failure.listsBindings == lists)
    }

    @Test("no two failures say the same")
    func distinct() {
        let texts = Set(Self.failures.map { "\($0.0.text)" })
        #expect(texts.count == Self.failures.count)
    }

    @Test(
        "flags are the numbers of the documentation",
        arguments: [
            (0x01, SaveFlags.memoryOnly), (0x02, .noReply), (0x04, .singleContact),
            (0x08, .exactExpires), (0x10, .prepareReply),
        ])
    func flag(number: Int, flag: SaveFlags) {
        #expect(flag.rawValue == number)
        #expect(SaveFlags.all.contains(flag))
    }

    @Test("all flags are those five and no other")
    func allFlags() {
        #expect(SaveFlags.all.rawValue == 0x1f)
        for bit in 5..<63 { #expect(!SaveFlags.all.contains(SaveFlags(rawValue: 1 << bit))) }
    }

    @Test("the defaults are those of the module's documentation")
    func defaults() {
        let parameters = RegistrarParameters()
        #expect(parameters.defaultExpires == 3_600)
        #expect(parameters.defaultExpiresRange == 0)
        #expect(parameters.expiresRange == 0)
        #expect(parameters.minExpires == 60)
        #expect(parameters.minExpiresMode == .raise)
        #expect(parameters.maxExpires == 0)
        #expect(parameters.maxContacts == 0)
        #expect(parameters.retryAfter == 0)
        #expect(parameters.contactMaxSize == 512)
        #expect(!parameters.isCaseSensitive)
        #expect(parameters.realmPrefix.isEmpty)
        #expect(parameters.appendsBranches)
        #expect(!parameters.usesExpiredContacts)
        #expect(parameters.receivedParameter == "received")
    }

    @Test("the prefix follows its parameter as bytes", arguments: ["", "sip.", "a", "\u{e9}."])
    func prefix(text: String) {
        var parameters = RegistrarParameters()
        parameters.realmPrefix = text
        #expect(parameters.realmPrefixBytes == Array(text.utf8))
        parameters.realmPrefix = ""
        #expect(parameters.realmPrefixBytes.isEmpty)
    }

    // MARK: Lifetimes

    /// A lifetime under minimum, maximum and range; a random number chooses within the range.
    private func granted(
        _ asked: Int, minimum: Int = 0, maximum: Int = 0, range: Int = 0, random: UInt64 = 0
    ) -> ExpiryRules.Lifetime {
        var parameters = RegistrarParameters()
        parameters.minExpires = minimum
        parameters.maxExpires = maximum
        parameters.expiresRange = range
        return ExpiryRules(parameters).lifetime(
            parameter: .seconds(asked), header: .absent, keepsExact: false, random: random)
    }

    @Test(
        "limits hold at, below and above their value",
        arguments: [
            (59, 60, 0, 60), (60, 60, 0, 60), (61, 60, 0, 61), (1, 0, 0, 1),
            (99, 0, 100, 99), (100, 0, 100, 100), (101, 0, 100, 100),
            (30, 60, 100, 60), (500, 60, 100, 100), (80, 60, 100, 80),
            (5, 100, 50, 50), (4_294_967_295, 0, 0, 4_294_967_295),
            (4_294_967_295, 60, 7_200, 7_200), (1, 1, 1, 1), (2, 1, 1, 1),
        ])
    func limits(asked: Int, minimum: Int, maximum: Int, seconds: Int) {
        #expect(granted(asked, minimum: minimum, maximum: maximum) == .seconds(seconds))
    }

    @Test("nothing is shortened below a second, whatever the range", arguments: 1...20)
    func least(asked: Int) {
        for random in UInt64(0)...40 {
            guard case .seconds(let value) = granted(asked, range: 100, random: random) else {
                Issue.record("no lifetime of \(asked)")
                return
            }
            #expect(value >= 1)
            #expect(value <= asked)
        }
    }

    @Test("every second within the range is granted to somebody, and none outside of it")
    func spread() {
        var seen: Set<Int> = []
        for random in UInt64(0)..<2_000 {
            if case .seconds(let value) = granted(100, range: 25, random: random) {
                seen.insert(value)
            }
        }
        #expect(seen == Set(75...100))
    }

    @Test("the largest random numbers are as good as the small ones")
    func largeRandom() {
        for random in [UInt64.max, UInt64.max - 1, 1 << 63] {
            guard case .seconds(let value) = granted(1_000, range: 50, random: random) else {
                Issue.record("no lifetime")
                return
            }
            #expect((500...1_000).contains(value))
        }
    }

    @Test("a lifetime is removed only when zero was asked for")
    func removal() {
        #expect(granted(0) == .removal)
        #expect(granted(0, minimum: 60, maximum: 100, range: 50) == .removal)
        #expect(granted(1, range: 100, random: 1) != .removal)
    }
}
