import Basics
import Glibc
import Testing

@testable import Locations

/// Bytes that the heap has handed out, as the C library counts them.
enum HeapMeter {
    private typealias Info = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32

    /// Whether a sanitizer's own heap stands in place of the one that is counted.
    static var isBlind: Bool {
        unsafe dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil
    }

    /// Bytes in use in all arenas: what the heap took from the system less what is free.
    static func bytesInUse() -> Int {
        // Declared in malloc.h, which the Glibc module leaves out.
        guard let symbol = unsafe dlsym(nil, "malloc_info") else { return -1 }
        let info = unsafe unsafeBitCast(symbol, to: Info.self)
        var text: UnsafeMutablePointer<CChar>?
        var length = 0
        guard let file = unsafe open_memstream(&text, &length) else { return -1 }
        _ = unsafe info(0, file)
        unsafe fclose(file)
        defer { unsafe free(text) }
        guard let text = unsafe text else { return -1 }
        let lines = unsafe String(cString: text).split(separator: "\n")
        // The last lines hold the totals.
        let system = lines.last { $0.hasPrefix("<system type=\"current\"") }
        let rest = lines.last { $0.hasPrefix("<total type=\"rest\"") }
        let fast = lines.last { $0.hasPrefix("<total type=\"fast\"") }
        return size(system) - size(rest) - size(fast)
    }

    private static func size(_ line: Substring?) -> Int {
        guard let value = line?.split(separator: "\"").dropLast().last else { return 0 }
        return Int(value) ?? 0
    }
}

/// What a refresh costs in heap memory: counted, not timed.
@Suite("Memory")
struct AllocationTests {
    /// A table with users and a request that refreshes any of them.
    final class Load {
        let table: LocationTable
        var request = RegistrationRequest()
        let names: [[UInt8]]
        let text: [UInt8]
        let now = WallTime(seconds: 1_000_000)
        var cseq: UInt32 = 0

        init(users: Int, persists: Bool) {
            table = LocationTable(
                name: "location", hash: KeyedHash(key0: 3, key1: 4),
                seed: RuidSeed(server: 0, time: 1, process: 1), persists: persists, now: now)
            names = (0..<users).map { Array("user\($0)".utf8) }
            text = Array("sip:alice@192.0.2.1:5060a84b4c76e66710@pc33.example.comphone/1".utf8)
            request.callID = .message(ByteRange(offset: 24, count: 31))
            request.userAgent = .message(ByteRange(offset: 55, count: 7))
            let contact = ContactUpdate(
                uri: .message(ByteRange(offset: 0, count: 24)),
                lifetime: .until(WallTime(seconds: now.seconds + 600)))
            _ = request.append(contact)
        }

        func refreshAll() -> Int {
            cseq += 1
            request.cseq = cseq
            var bindings = 0
            let message = text
            for name in names {
                let outcome = table.register(
                    name.span, request, message: message.span, rules: RegistrationRules(),
                    now: now
                ) { view in bindings += view.uri.count > 0 ? 1 : 0 }
                if !outcome.isAccepted { return -1 }
            }
            return bindings
        }
    }

    // A process of its own each, in which nothing else uses the heap.

    @Test("is not allocated by 10,000 refreshes in a table without a database")
    func refresh() async {
        await #expect(processExitsWith: .success) {
            precondition(Self.growth(persists: false) == 0)
        }
    }

    @Test("is not allocated by 10,000 refreshes in a table with a database")
    func refreshPersisting() async {
        await #expect(processExitsWith: .success) {
            precondition(Self.growth(persists: true) == 0)
        }
    }

    @Test("is what one would count: a new user does take some", .disabled(if: HeapMeter.isBlind))
    func meter() async {
        await #expect(processExitsWith: .success) {
            let before = HeapMeter.bytesInUse()
            let load = Load(users: 1_000, persists: false)
            precondition(load.refreshAll() == 1_000)
            precondition(HeapMeter.bytesInUse() - before > 100_000)
        }
    }

    /// Bytes by which 10,000 refreshes make the heap grow.
    private static func growth(persists: Bool) -> Int {
        let load = Load(users: 500, persists: persists)
        // The first rounds insert, and let the scratch arrays of the shards and the meter grow.
        for _ in 0..<3 {
            precondition(load.refreshAll() == 500)
            _ = HeapMeter.bytesInUse()
        }
        let before = HeapMeter.bytesInUse()
        for _ in 0..<20 { precondition(load.refreshAll() == 500) }
        return HeapMeter.bytesInUse() - before
    }

    @Test("holds a contact in two cache lines and an address-of-record in one")
    func sizes() {
        #expect(Slab<ContactRecord>.placeBytes == 128)
        #expect(Slab<AddressRecord>.placeBytes == 64)
    }

    @Test("comes back when bindings go")
    func noLeak() {
        let rig = Rig(persists: true)
        var database = FakeDatabase()
        for turn in 0..<200 {
            for user in 0..<5 {
                let path = String(repeating: "p", count: turn % 60)
                let name = String(repeating: "n", count: 38 + user)
                rig.register(
                    name, [Offer("sip:a@h")], callID: "c\(turn)", cseq: 1, path: path)
                if turn % 3 == 0 { #expect(rig.star(name, callID: "s").status == .accepted) }
            }
            database.flush(rig.table)
        }
        for user in 0..<5 { _ = rig.star(String(repeating: "n", count: 38 + user), callID: "s") }
        database.flush(rig.table)
        #expect(database.rows.isEmpty)
        #expect(rig.table.statistics.contacts.value == 0)
        #expect(rig.table.statistics.users.value == 0)
    }
}
