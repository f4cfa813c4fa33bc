import Basics
import TestSupport
import Testing

@Suite("HashIndex")
struct HashIndexTests {
    @Test("an empty table finds nothing")
    func empty() {
        let table = HashIndex()
        check(table.count == 0)
        check(table.find(0) { _ in true } == nil)
        check(table.find(.max) { _ in true } == nil)
    }

    @Test("entries are found under their tag, whatever the tag", arguments: [0, 1, 15, 16, .max])
    func oneEntry(tag: UInt32) {
        var table = HashIndex()
        table.insert(tag, 7)
        check(table.find(tag) { $0 == 7 } == 7)
        check(table.find(tag) { $0 == 8 } == nil)
        check(table.find(tag ^ 1) { _ in true } == nil)
        table.remove(tag, 7)
        check(table.find(tag) { _ in true } == nil)
        check(table.count == 0)
    }

    @Test("equal tags are told apart by the closure")
    func collisions() {
        var table = HashIndex()
        for index in 0..<50 { table.insert(3, UInt32(index)) }
        for index in 0..<50 { check(table.find(3) { $0 == index } == UInt32(index)) }
        table.remove(3, 20)
        check(table.find(3) { $0 == 20 } == nil)
        check(table.find(3) { $0 == 49 } == 49)
    }

    @Test("a run that goes around the end of the table survives removals")
    func wrapAround() {
        // Sixteen slots: tags 14, 15, 30, 31, 46 share two homes at the very end.
        let tags: [UInt32] = [14, 15, 30, 31, 46, 0, 1]
        for victim in tags.indices {
            var table = HashIndex()
            check(table.capacity == 16)
            for (index, tag) in tags.enumerated() { table.insert(tag, UInt32(index)) }
            table.remove(tags[victim], UInt32(victim))
            for (index, tag) in tags.enumerated() where index != victim {
                check(table.find(tag) { $0 == index } == UInt32(index))
            }
        }
    }

    @Test("every order of removing seven crowded entries leaves the others reachable")
    func exhaustiveRemovals() {
        let tags: [UInt32] = [13, 13, 29, 14, 14, 30, 15]
        for first in tags.indices {
            for second in tags.indices where second != first {
                for third in tags.indices where third != first && third != second {
                    var table = HashIndex()
                    for (index, tag) in tags.enumerated() { table.insert(tag, UInt32(index)) }
                    let gone = [first, second, third]
                    for victim in gone { table.remove(tags[victim], UInt32(victim)) }
                    for (index, tag) in tags.enumerated() {
                        let found = table.find(tag) { $0 == index }
                        check(found == (gone.contains(index) ? nil : UInt32(index)))
                    }
                }
            }
        }
    }

    @Test("it grows before it is full and keeps everything")
    func growth() {
        var table = HashIndex(expected: 4)
        var random = SeededNumbers(seed: 9)
        let tags = (0..<20_000).map { _ in UInt32(truncatingIfNeeded: random.next()) }
        for (index, tag) in tags.enumerated() { table.insert(tag, UInt32(index)) }
        check(table.count == tags.count)
        check(table.capacity * 7 / 8 >= tags.count)
        check(table.capacity <= tags.count * 3)
        for (index, tag) in tags.enumerated() {
            check(table.find(tag) { $0 == index } == UInt32(index))
        }
    }

    @Test("room asked for is there from the start")
    func expectedRoom() {
        var table = HashIndex(expected: 1000)
        let before = table.capacity
        for index in 0..<1000 { table.insert(UInt32(index) &* 2_654_435_761, UInt32(index)) }
        check(table.capacity == before)
    }

    @Test("it agrees with a dictionary over a long random life", arguments: [11, 12, 13])
    func randomLife(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var table = HashIndex()
        var model: [UInt32: UInt32] = [:]
        for step in 0..<20_000 {
            // Few different tags, so that runs are long.
            let index = UInt32(step)
            if random.next() % 2 == 0 {
                let tag = UInt32(random.next() % 64) << 26 | UInt32(random.next() % 8)
                table.insert(tag, index)
                model[index] = tag
            } else if let victim = model.first {
                table.remove(victim.value, victim.key)
                model[victim.key] = nil
            }
        }
        check(table.count == model.count)
        for (index, tag) in model { check(table.find(tag) { $0 == index } == index) }
    }

    @Test("removing what is not there stops the program")
    func removalOfNothing() async {
        await #expect(processExitsWith: .failure) {
            var table = HashIndex()
            table.insert(1, 1)
            table.remove(1, 2)
        }
    }
}
