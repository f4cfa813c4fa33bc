import Basics
import TestSupport
import Testing

@Suite("Slab")
struct SlabTests {
    @Test("an element is found under the index it was given")
    func insertAndRead() {
        var slab = Slab<Int>()
        let indices = (0..<1000).map { slab.insert($0 * 3) }
        check(slab.count == 1000)
        check(slab.placesUsed == 1000)
        for (number, index) in indices.enumerated() { check(slab[index] == number * 3) }
    }

    @Test("an element changes in place")
    func writeInPlace() {
        var slab = Slab<Int>()
        let index = slab.insert(1)
        slab[index] += 41
        check(slab[index] == 42)
    }

    @Test("a freed place is used again, the last one first")
    func reuse() {
        var slab = Slab<Int>()
        let indices = (0..<10).map { slab.insert($0) }
        slab.remove(indices[3])
        slab.remove(indices[7])
        check(slab.count == 8)
        check(slab.insert(70) == indices[7])
        check(slab.insert(30) == indices[3])
        check(slab.placesUsed == 10)
    }

    @Test("a handle reaches its element and nothing once it is removed")
    func handles() {
        var slab = Slab<Int>()
        let index = slab.insert(5)
        let handle = slab.handle(index)
        check(slab.index(of: handle) == index)
        slab.remove(index)
        check(slab.index(of: handle) == nil)
        check(slab.insert(6) == index)
        check(slab.index(of: handle) == nil, "a later element in the same place is another one")
        check(slab.handle(index) != handle)
    }

    @Test("a handle that was made up reaches nothing")
    func foreignHandles() {
        var slab = Slab<Int>()
        _ = slab.insert(1)
        check(slab.index(of: SlabHandle(index: 99, generation: 1)) == nil)
        check(slab.index(of: SlabHandle(index: .max, generation: 1)) == nil)
        check(slab.index(of: SlabHandle(index: 0, generation: 2)) == nil)
        check(!slab.isLive(.max))
    }

    @Test("an address stays good while the slab grows")
    func stableAddresses() {
        var slab = Slab<Int>()
        let first = slab.insert(7)
        let before = unsafe UInt(bitPattern: slab.address(of: first))
        for number in 0..<10_000 { _ = slab.insert(number) }
        let after = unsafe UInt(bitPattern: slab.address(of: first))
        check(before == after)
        check(slab[first] == 7)
    }

    @Test("a walk over the indices sees every element that stays exactly once")
    func walkUnderChange() {
        var slab = Slab<Int>()
        let staying = Set((0..<300).map { slab.insert($0) })
        let leaving = (0..<300).map { slab.insert(1000 + $0) }
        var seen: [UInt32] = []
        var place: UInt32 = 0
        while place < slab.placesUsed {
            if slab.isLive(place), staying.contains(place) { seen.append(place) }
            if Int(place) < leaving.count { slab.remove(leaving[Int(place)]) }
            if place % 3 == 0 { _ = slab.insert(-1) }
            place += 1
        }
        check(seen.count == 300)
        check(Set(seen) == staying)
    }

    @Test("it agrees with a dictionary over a long random life", arguments: [1, 2, 3, 4])
    func randomLife(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var slab = Slab<UInt64>()
        var model: [UInt32: (value: UInt64, handle: SlabHandle)] = [:]
        var dead: [SlabHandle] = []
        for _ in 0..<5_000 {
            if random.next() % 5 < 3 || model.isEmpty {
                let value = random.next()
                let index = slab.insert(value)
                check(model[index] == nil)
                model[index] = (value, slab.handle(index))
            } else if let victim = model.keys.sorted().randomElement(using: &random) {
                if let entry = model.removeValue(forKey: victim) { dead.append(entry.handle) }
                slab.remove(victim)
            }
        }
        check(slab.count == model.count)
        for (index, entry) in model {
            check(slab[index] == entry.value)
            check(slab.index(of: entry.handle) == index)
        }
        check(dead.allSatisfy { slab.index(of: $0) == nil })
    }

    @Test("removing what is not there stops the program")
    func removalOfNothing() async {
        await #expect(processExitsWith: .failure) {
            var slab = Slab<Int>()
            let index = slab.insert(1)
            slab.remove(index)
            slab.remove(index)
        }
    }
}
