import struct TestSupport.SeededNumbers
import Testing

@testable import BenchmarkRig

@Suite("Arithmetic of rounds")
struct SeriesArithmeticTests {
    @Test("as many values lie below the median as above", arguments: 1...40)
    func middle(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let count = Int.random(in: 1...31, using: &numbers)
        let values = (0..<count).map { _ in Double.random(in: -100...100, using: &numbers) }
        let median = try #require(Series(values).median)
        #expect(values.filter { $0 < median }.count <= count / 2)
        #expect(values.filter { $0 > median }.count <= count / 2)
        #expect(values.contains(median) == (count % 2 == 1))
    }

    @Test("the order in which rounds came changes neither median nor spread", arguments: 1...20)
    func order(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        let values = (0..<9).map { _ in Double.random(in: 1...100, using: &numbers) }
        let shuffled = values.shuffled(using: &numbers)
        #expect(Series(values).median == Series(shuffled).median)
        #expect(Series(values).spread == Series(shuffled).spread)
        #expect(Series(shuffled).values == shuffled)
    }

    @Test("one round that was disturbed does not move the median of three")
    func disturbed() {
        #expect(Series([10, 10.1, 10_000]).median == 10.1)
        #expect(Series([0.001, 10, 10.1]).median == 10)
    }

    @Test("twice the values have the same spread and twice the median")
    func scaled() throws {
        let values = [3.0, 4, 5, 9]
        let doubled = Series(values.map { $0 * 2 })
        #expect(doubled.median == 9)
        #expect(doubled.spread == Series(values).spread)
    }

    @Test("the spread of negative values is positive")
    func negative() { #expect(Series([-9, -10, -11]).spread == 0.2) }

    @Test("figures and seats do not touch each other")
    func apart() {
        var numbers = Measurements()
        var value = 0.0
        for figure in Figure.allCases {
            for seat in Seat.allCases {
                numbers.add(value, figure, seat)
                value += 1
            }
        }
        value = 0
        for figure in Figure.allCases {
            for seat in Seat.allCases {
                #expect(numbers[figure, seat].values == [value])
                value += 1
            }
        }
    }

    @Test(
        "CPU time is divided by the requests that were answered",
        arguments: [(0, 5_000_000, 1_000, 5), (7_000, 9_000, 2, 1), (5, 5, 3, 0)]
            as [(UInt64, UInt64, Int, Double)])
    func cost(_ before: UInt64, _ after: UInt64, _ requests: Int, _ cost: Double) throws {
        let each = try BenchmarkRun.microsecondsEach(
            before: before, after: after, requests: requests)
        #expect(each == cost)
    }

    @Test(
        "time that went backwards, or no request, is an error and no number",
        arguments: [(10, 9, 5), (.max, 0, 1), (0, 10, 0)] as [(UInt64, UInt64, Int)])
    func noCost(_ before: UInt64, _ after: UInt64, _ requests: Int) {
        let error = #expect(throws: RigError.self) {
            try BenchmarkRun.microsecondsEach(before: before, after: after, requests: requests)
        }
        #expect(error?.kind == .ended)
    }
}
