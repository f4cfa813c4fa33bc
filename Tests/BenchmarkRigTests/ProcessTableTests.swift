import Foundation
import Testing

@testable import BenchmarkRig

@Suite("Reading of /proc")
struct ProcessTableTests {
    @Test(
        "a stat line is read whatever the program is called",
        arguments: ["kamailio", "a b", "x) S 1 2", "((", "tmux: server", ")"])
    func stat(_ name: String) {
        let line = "321 (\(name)) S 17 321 321 0 -1 4194560 900 0 0 0 250 130 1 2 20 0 1 0 99 1\n"
        #expect(
            ProcessTable.parse(stat: line) == ProcessTable.Entry(pid: 321, parent: 17, ticks: 380))
    }

    @Test(
        "what is no stat line is refused",
        arguments: ["", "321", "321 (x", "x (y) S 1", "321 (x) S 17 1 2 3", "() () ()"])
    func noStat(_ line: String) { #expect(ProcessTable.parse(stat: line) == nil) }

    @Test("the scheduler's nanoseconds are its first number")
    func schedstat() {
        #expect(ProcessTable.parse(schedstat: "938780709 910409212 3957\n") == 938_780_709)
        #expect(ProcessTable.parse(schedstat: "") == nil)
        #expect(ProcessTable.parse(schedstat: "x 1 2") == nil)
    }

    @Test("a line of smaps is found by its whole name")
    func smaps() {
        let text =
            "55af-7fff ---p 0 00:00 0 [rollup]\nRss:   1732 kB\nPss_Dirty: 116 kB\nPss: 296 kB\n"
        #expect(ProcessTable.parse(smaps: text, "Pss") == 296)
        #expect(ProcessTable.parse(smaps: text, "Rss") == 1_732)
        #expect(ProcessTable.parse(smaps: text, "Swap") == nil)
    }

    /// A copy of /proc with the processes 10 -> 11 -> 12 and 20, which is no child of theirs.
    private func makeCopy() throws -> ScratchDirectory {
        let copy = try ScratchDirectory(prefix: "proc-test")
        for (pid, parent) in [(10, 1), (11, 10), (12, 11), (20, 1)] {
            let place = copy.file("\(pid)")
            try FileManager.default.createDirectory(
                atPath: "\(place)/task/\(pid)", withIntermediateDirectories: true)
            let stat = "\(pid) (p q) S \(parent) 0 0 0 0 0 0 0 0 0 \(pid) 3 0 0 0 0 1 0 0"
            try TextFile.write(stat, to: "\(place)/stat")
            try TextFile.write("Pss: \(pid) kB\n", to: "\(place)/smaps_rollup")
            guard pid != 12 else { continue }
            try TextFile.write("\(pid)000 1 1\n", to: "\(place)/task/\(pid)/schedstat")
            try TextFile.write("worker\n", to: "\(place)/task/\(pid)/comm")
        }
        return copy
    }

    @Test("the family of a process is itself and all that descend from it")
    func family() throws {
        let copy = try makeCopy()
        let table = ProcessTable(root: copy.path)
        #expect(table.family(of: 10) == [10, 11, 12])
        #expect(table.family(of: 20) == [20])
    }

    @Test("CPU time is summed over the family, from the ticks where the scheduler does not count")
    func cpu() throws {
        let copy = try makeCopy()
        let table = ProcessTable(root: copy.path)
        let perTick = UInt64(1_000_000_000 / sysconf(Int32(_SC_CLK_TCK)))
        #expect(table.cpuNanoseconds(of: 10) == 10_000 + 11_000 + 15 * perTick)
        #expect(table.threads(of: 10).map(\.name) == ["worker"])
    }

    @Test("memory is summed over the family")
    func memory() throws {
        let copy = try makeCopy()
        #expect(ProcessTable(root: copy.path).residentBytes(of: 10) == 33 * 1_024)
    }

    @Test("this process has CPU time and memory, one that does not exist has none")
    func live() {
        let table = ProcessTable()
        #expect(table.residentBytes(of: getpid()) > 0)
        #expect(!table.threads(of: getpid()).isEmpty)
        #expect(table.residentBytes(of: 0x3fff_ffff) == 0)
        #expect(table.cpuNanoseconds(of: 0x3fff_ffff) == 0)
    }

    @Test("the busiest thread is the one that worked most between two looks")
    func busiest() {
        func thread(_ tid: Int32, _ nanoseconds: UInt64) -> ProcessTable.ThreadCost {
            ProcessTable.ThreadCost(tid: tid, name: "t", nanoseconds: nanoseconds)
        }
        let before = [thread(1, 1_000), thread(2, 50)]
        let after = [thread(1, 1_100), thread(2, 400), thread(3, 200)]
        #expect(BenchmarkRun.busiest(before: before, after: after) == 350)
        #expect(BenchmarkRun.busiest(before: [], after: []) == 0)
    }
}
