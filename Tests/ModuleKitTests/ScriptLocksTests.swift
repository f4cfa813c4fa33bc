import Basics
import Dispatch
import Logging
import ModuleKit
import TestSupport
import Testing

private func name(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Somebody who takes locks.
private final class Owner: Sendable {
    var id: ObjectIdentifier { ObjectIdentifier(self) }
}

@Suite("Locks of scripts")
struct ScriptLocksTests {
    @Test("a lock is taken by one owner at a time, and by that one again")
    func owners() {
        let locks = ScriptLocks(count: 4)
        let one = Owner()
        let other = Owner()
        #expect(locks.tryLock(name("a"), owner: one.id))
        #expect(!locks.tryLock(name("a"), owner: other.id))
        #expect(locks.tryLock(name("a"), owner: one.id))
        locks.unlock(name("a"))
        #expect(!locks.tryLock(name("a"), owner: other.id), "it was taken twice, given back once")
        locks.unlock(name("a"))
        #expect(locks.tryLock(name("a"), owner: other.id))
    }

    @Test("whoever has no name cannot take a lock twice")
    func nameless() {
        let locks = ScriptLocks(count: 1)
        #expect(locks.tryLock(name("a"), owner: nil))
        #expect(!locks.tryLock(name("a"), owner: nil))
        locks.unlock(name("a"))
        #expect(locks.tryLock(name("a"), owner: nil))
    }

    @Test("a lock that nobody has stays free however often it is given back")
    func free() {
        let locks = ScriptLocks(count: 2)
        for _ in 0..<3 { locks.unlock(name("a")) }
        let owner = Owner()
        #expect(locks.tryLock(name("a"), owner: nil))
        #expect(!locks.tryLock(name("a"), owner: owner.id))
    }

    @Test("names share a fixed number of locks by their hash")
    func sharing() {
        let locks = ScriptLocks(count: 8)
        let owner = Owner()
        for number in 0..<64 {
            let text = name("name \(number)")
            let place = Int(CoreHash.hash(text)) % 8
            let isFirst = !(0..<number).contains {
                Int(CoreHash.hash(name("name \($0)"))) % 8 == place
            }
            #expect(locks.tryLock(text, owner: nil) == isFirst, "\(number)")
            #expect(!locks.tryLock(text, owner: owner.id))
        }
    }

    @Test("with one lock every name is the same one")
    func single() {
        let locks = ScriptLocks(count: 1)
        #expect(locks.tryLock([], owner: nil))
        #expect(!locks.tryLock(name("anything"), owner: nil))
    }

    @Test("a lock that is never given back is waited for for a bounded time only")
    func bounded() {
        let locks = ScriptLocks(count: 1)
        #expect(locks.lock(name("a"), owner: nil))
        let clock = ContinuousClock()
        let waited = clock.measure { #expect(!locks.lock(name("a"), owner: nil)) }
        #expect(waited >= .microseconds(Limits.scriptLockMicrosecondsMax))
        #expect(locks.tryLock(name("a"), owner: nil) == false)
    }

    @Test("what threads do under a lock of one name is never seen half done")
    func exclusion() {
        let locks = ScriptLocks(count: 3)
        let first = Counter()
        let second = Counter()
        let torn = Counter()
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let owner = Owner()
            for _ in 0..<200 {
                guard locks.lock(name("pair"), owner: owner.id) else { continue }
                if first.value != second.value { torn.add() }
                first.set(first.value + 1)
                second.set(second.value + 1)
                locks.unlock(name("pair"))
            }
        }
        #expect(torn.value == 0)
        #expect(first.value == 800 && second.value == 800)
    }

    @Test("a number of locks that is none is a defect of the caller", .timeLimit(.minutes(10)))
    func none() async {
        await #expect(processExitsWith: .failure) { _ = ScriptLocks(count: 0) }
    }
}

@Suite("Kamailio's quick hash")
struct CoreHashTests {
    /// The same in the plainest words: four bytes a word, the first the highest; the words that
    /// are left over are shorter.
    private func naive(_ text: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0
        for start in stride(from: 0, to: text.count, by: 4) {
            var word: UInt32 = 0
            for byte in text[start..<min(start + 4, text.count)] {
                word = word &* 256 &+ UInt32(byte)
            }
            sum = sum &+ (word ^ (word / 8))
        }
        return sum &+ (sum / 2_048) &+ ((sum / 8_192) &+ (sum / 8_388_608))
    }

    @Test("words of every length are taken as they are defined")
    func lengths() {
        var numbers = SeededNumbers(seed: 5)
        for count in 0..<70 {
            let text = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            #expect(CoreHash.hash(text) == naive(text), "\(count) bytes")
        }
    }

    @Test("a second text counts from its own first word on")
    func second() {
        let one = Array("alice".utf8)
        let two = Array("example.com".utf8)
        #expect(CoreHash.hash(one, two) != CoreHash.hash(one + two))
        #expect(CoreHash.hash(one, []) == CoreHash.hash(one))
        #expect(CoreHash.hash([], two) == CoreHash.hash(two))
        let aligned = Array("alic".utf8)
        #expect(CoreHash.hash(aligned, two) == CoreHash.hash(aligned + two))
    }

    @Test("no text has no hash but 0")
    func empty() { #expect(CoreHash.hash([]) == 0) }

    @Test("a fold keeps the lowest bits", arguments: [0, 1, 8, 16, 31])
    func folds(bits: Int) {
        let hash: UInt32 = 0xdead_beef
        #expect(CoreHash.fold(hash, bits: bits) == Int(hash) % (1 << bits))
        #expect(CoreHash.fold(0, bits: bits) == 0)
        #expect(CoreHash.fold(.max, bits: bits) == (1 << bits) - 1)
    }

    @Test("folded hashes of many names are spread over all places")
    func spread() {
        var places: [Int] = Array(repeating: 0, count: 16)
        for number in 0..<1_600 {
            places[CoreHash.fold(CoreHash.hash(name("user\(number)")), bits: 4)] += 1
        }
        #expect(places.allSatisfy { $0 > 0 })
    }
}

@Suite("Levels of the log by number and name")
struct ScriptLevelOrderTests {
    @Test(
        "a number between two levels counts as the one above, one beyond as the last",
        arguments: [
            (Int.min, ScriptLevel.alert), (-6, .alert), (-5, .alert), (-4, .bug), (-3, .critical),
            (-2, .critical), (-1, .error), (0, .warning), (1, .notice), (2, .info), (3, .debug),
            (4, .debug), (.max, .debug),
        ])
    func numbers(number: Int, expected: ScriptLevel) {
        #expect(ScriptLevel(number: number) == expected)
    }

    @Test("every level has its own number, and comes back from it")
    func roundTrip() {
        for level in ScriptLevel.allCases {
            #expect(ScriptLevel(number: level.rawValue) == level)
        }
        let numbers = ScriptLevel.allCases.map(\.rawValue)
        #expect(numbers == numbers.sorted())
    }

    @Test(
        "names are those of the script, in its letters",
        arguments: [
            ("L_ALERT", .alert), ("L_BUG", .bug), ("L_CRIT", .critical), ("L_CRIT2", .critical),
            ("L_ERR", .error), ("L_WARN", .warning), ("L_NOTICE", .notice), ("L_INFO", .info),
            ("L_DBG", .debug), ("l_dbg", nil), ("L_DEBUG", nil), ("DBG", nil), ("", nil),
        ] as [(String, ScriptLevel?)])
    func names(text: String, expected: ScriptLevel?) {
        #expect(ScriptLevel(name: text) == expected)
    }

    @Test("a more important line is never a less important one for the log")
    func order() {
        let levels = ScriptLevel.allCases.map(\.level)
        #expect(levels == levels.sorted(by: >))
        #expect(ScriptLevel.warning.level == .warning && ScriptLevel.debug.level == .debug)
    }

    @Test("a logger that says nothing is asked for nothing, and takes anything")
    func quiet() throws {
        let context = try kitContext()
        #expect(context.isLogging(.alert))
        context.log(.error, "text")
        for text in ["text\r\n\n", "", "\r\n"] {
            let bytes = Array(text.utf8)
            context.log(.error, bytes.span)
        }
    }
}

@Suite("What a script wants of sending")
struct SendingWishesTests {
    @Test("each wish alone makes it more than none, and a new message has none")
    func wishes() throws {
        let changes: [(inout SendingWishes) -> Void] = [
            { $0.flags = .addsLocalRport }, { $0.flags = .forwardsWithoutConnecting },
            { $0.socket = SocketIndex(0) }, { $0.advertisedHost = [] }, { $0.advertisedPort = 0 },
        ]
        #expect(SendingWishes().isEmpty)
        for change in changes {
            let context = try kitContext()
            change(&context.sending)
            #expect(!context.sending.isEmpty)
            context.reset(origin: context.origin, now: context.now)
            #expect(context.sending.isEmpty)
        }
    }

    @Test("what a binding says about the way is empty until something is said")
    func target() {
        let changes: [(inout BranchTarget) -> Void] = [
            { $0.path = [1] }, { $0.socket = SocketIndex(0) }, { $0.connection = 1 },
            { $0.ruid = [1] }, { $0.instance = [1] }, { $0.regID = 1 },
            { $0.locationUserAgent = [1] },
        ]
        #expect(BranchTarget().isEmpty)
        for change in changes {
            var target = BranchTarget()
            change(&target)
            #expect(!target.isEmpty)
        }
    }

    @Test("kinds of blocks do not overlap, and any is all of them")
    func routes() {
        let kinds: [RouteKinds] = [
            .request, .failure, .reply, .coreReply, .branch, .send, .event,
        ]
        for (place, one) in kinds.enumerated() {
            for other in kinds[(place + 1)...] { #expect(one.isDisjoint(with: other)) }
        }
        #expect(kinds.reduce(RouteKinds()) { $0.union($1) } == .any)
    }
}
