import Basics
import Glibc
import SIPSyntax
import TestSupport
import Testing

@testable import Transactions

/// Bytes that the heap has handed out, as the C library counts them.
private enum HeapMeter {
    private typealias Info = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32

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

/// What transactions cost in heap memory: counted, not timed.
@Suite("Memory of transactions")
struct AllocationTests {
    /// Opens and answers a thousand requests, with a hundred open at a time.
    private static func roundTrips(
        _ store: ClientTransactions, _ random: inout SeededNumbers, _ now: inout Int
    ) throws(TransactionError) {
        let bytes = [UInt8](repeating: 7, count: 700)
        var timers = TransactionTimers()
        timers.t4 = 0
        var open = [ClientBranch?](repeating: nil, count: 100)
        for turn in 0..<1_000 {
            now += 1
            let place = turn % 100
            if let branch = open[place] {
                let outcome = store.received(
                    branch, method: .notify, status: 200, now: at(now))
                precondition(outcome?.orders == [.passUp, .terminate])
            }
            let opening = ClientOpening(
                method: .notify, destination: .peer(), owner: TransactionOwner(kind: 1),
                timers: timers)
            let branch = try store.reserve(opening, lane: 0, secret: random.next())
            try store.start(branch, message: bytes.span, now: at(now))
            open[place] = branch
        }
        for place in 0..<100 {
            guard let branch = open[place] else { continue }
            _ = store.received(branch, method: .notify, status: 200, now: at(now))
        }
        precondition(store.count == 0)
    }

    @Test("10,000 requests and their answers take no memory that is not there")
    func clientRoundTrips() async {
        await #expect(processExitsWith: .success) {
            let store = ClientTransactions(now: at(0))
            var random = SeededNumbers(seed: 1)
            var now = 0
            for _ in 0..<3 {
                try Self.roundTrips(store, &random, &now)
                _ = HeapMeter.bytesInUse()
            }
            let before = HeapMeter.bytesInUse()
            for _ in 0..<10 { try Self.roundTrips(store, &random, &now) }
            precondition(HeapMeter.bytesInUse() - before == 0)
        }
    }

    @Test("memory is used again, message by message")
    func pool() {
        var pool = MessagePool(keptMax: 1)
        let bytes = [UInt8](repeating: 1, count: 100)
        let first = pool.store(bytes.span)
        let second = pool.store(bytes.span)
        let place = ObjectIdentifier(first)
        pool.recycle(consume first)
        pool.recycle(consume second)
        let third = pool.store(bytes.span)
        #expect(ObjectIdentifier(third) == place)
        let large = [UInt8](repeating: 2, count: MessagePool.roomBytes + 1)
        let fourth = pool.store(large.span)
        #expect(fourth.capacity == large.count && fourth.count == large.count)
        let sizes = [1: 512, 512: 512, 513: 1_024, 1_025: 2_048, 2_048: 2_048, 2_049: 2_049]
        for (count, room) in sizes { #expect(MessagePool.room(for: count) == room) }
    }

    @Test("an entry takes no more than four cache lines")
    func sizes() {
        #expect(Slab<ClientEntry>.placeBytes <= 192)
        #expect(Slab<ServerEntry>.placeBytes <= 256)
    }
}
