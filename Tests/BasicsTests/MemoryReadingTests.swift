import TestSupport
import Testing

@testable import Basics

@Suite("what the process holds of memory")
struct MemoryReadingTests {
    @Test(
        "what is asked for is seen, and the figures fit each other",
        .enabled(if: Sanitizer.leavesHeap))
    func now() {
        let before = MemoryReading.now()
        let block = [UInt8](repeating: 1, count: 32 << 20)
        let after = MemoryReading.now()
        #expect(after.used >= before.used + (16 << 20))
        #expect(after.heap >= after.used && after.total > after.resident)
        #expect(after.residentMost >= after.resident && after.resident > block.count)
        #expect(after.free == after.total - after.resident)
    }

    @Test(
        "lines of the kernel's files are read by their names",
        arguments: [
            ("VmRSS:", 300 << 10), ("VmHWM:", 5 << 10), ("VmSwap:", nil), ("Bad:", nil),
        ] as [(String, Int?)])
    func lines(name: String, bytes: Int?) {
        let text = "Name:\troost\nVmHWM:\t      5 kB\nVmRSS:     300 kB\nBad: x kB\n"
        #expect(MemoryReading.kilobytes(name, in: text) == bytes)
    }

    @Test("nothing read is nothing used")
    func empty() {
        let reading = MemoryReading()
        #expect(reading.free == 0 && reading.total == 0)
    }
}
