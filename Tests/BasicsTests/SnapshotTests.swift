import Basics
import Testing

@Suite("Snapshot and counter")
struct SnapshotTests {
    private struct Refused: Error {}

    @Test("a reader sees a change after it refreshes, not before")
    func refresh() {
        let snapshot = Snapshot(1)
        var reader = SnapshotReader(snapshot)
        snapshot.update { $0 = 2 }
        #expect(reader.value == 1)
        reader.refresh()
        #expect(reader.value == 2)
    }

    @Test("the generation rises with every change")
    func generation() {
        let snapshot = Snapshot("a")
        let before = snapshot.generation
        snapshot.update { $0 = "b" }
        snapshot.update { $0 = "c" }
        #expect(snapshot.generation == before + 2)
    }

    @Test("an update that throws is passed on")
    func throwing() {
        let snapshot = Snapshot(1)
        #expect(throws: Refused.self) {
            try snapshot.update { (_) throws(Refused) in throw Refused() }
        }
        #expect(snapshot.value == 1)
    }

    @Test("threads that publish at once lose nothing")
    func concurrent() async {
        let snapshot = Snapshot(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<100 { snapshot.update { $0 += 1 } } }
            }
        }
        #expect(snapshot.value == 800)
    }

    @Test("threads that count at once lose nothing")
    func counting() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1_000 { counter.add() } } }
        }
        #expect(counter.value == 8_000)
        #expect(counter.set(3) == 8_000)
        counter.add(-5)
        #expect(counter.value == -2)
    }

    @Test("clocks go forward and durations are never negative")
    func clocks() {
        let first = SystemClock.monotonic()
        let second = SystemClock.monotonic()
        #expect(first <= second)
        #expect(first.since(second) == 0)
        #expect(SystemClock.wall() > WallTime(seconds: 1_700_000_000))
    }
}
