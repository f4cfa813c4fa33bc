import Basics
import Glibc
import Testing

@testable import Subscriptions

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

@Suite("Memory")
struct MemoryTests {
    // A process of its own each, in which nothing else uses the heap.

    @Test(
        "a subscription takes less than 900 bytes, alone with its presentity",
        .disabled(if: HeapMeter.isBlind))
    func subscription() async {
        await #expect(processExitsWith: .success) {
            let bytes = Self.bytes(of: 20_000) { crowd, number in
                crowd.subscribe(number, of: number)
            }
            precondition(bytes < 900)
        }
    }

    @Test(
        "a subscription among a hundred of one presentity takes less than 700 bytes",
        .disabled(if: HeapMeter.isBlind))
    func crowded() async {
        await #expect(processExitsWith: .success) {
            let bytes = Self.bytes(of: 20_000) { crowd, number in
                crowd.subscribe(number, of: number / 100)
            }
            precondition(bytes < 700)
        }
    }

    @Test(
        "a presentity that nobody watches takes less than 500 bytes with a document of 500",
        .disabled(if: HeapMeter.isBlind))
    func publication() async {
        await #expect(processExitsWith: .success) {
            let bytes = Self.bytes(of: 20_000) { crowd, number in
                _ = crowd.publish(number)
            }
            precondition(Crowd.document.utf8.count >= 480 && bytes < 500)
        }
    }

    @Test(
        "refreshes and changes do not make the heap grow", .disabled(if: HeapMeter.isBlind))
    func steady() async {
        await #expect(processExitsWith: .success) {
            let crowd = Crowd()
            var tags: [EntityTag?] = []
            for number in 0..<500 {
                crowd.subscribe(number, of: number)
                tags.append(crowd.publish(number))
            }
            func round() {
                for number in 0..<500 {
                    tags[number] = crowd.publish(number, ifMatch: tags[number])
                }
            }
            for _ in 0..<3 { round() }
            let before = HeapMeter.bytesInUse()
            for _ in 0..<10 { round() }
            let growth = HeapMeter.bytesInUse() - before
            precondition(growth < 16_384)
        }
    }

    /// Heap bytes for each of `count` times something.
    static func bytes(of count: Int, _ add: (Crowd, Int) -> Void) -> Int {
        let crowd = Crowd()
        _ = HeapMeter.bytesInUse()
        let before = HeapMeter.bytesInUse()
        for number in 0..<count { add(crowd, number) }
        let bytes = HeapMeter.bytesInUse() - before
        return withExtendedLifetime(crowd) { bytes / count }
    }
}
