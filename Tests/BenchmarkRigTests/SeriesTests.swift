import Testing

@testable import BenchmarkRig

@Suite("Values of several rounds")
struct SeriesTests {
    @Test(
        "the median is the middle value, or the mean of the two middle ones",
        arguments: [
            ([5], 5), ([3, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([1, 1, 9], 1), ([-2, 0, 2], 0),
        ] as [([Double], Double)])
    func median(_ values: [Double], _ expected: Double) {
        #expect(Series(values).median == expected)
    }

    @Test("without values there is no median and no spread")
    func empty() {
        #expect(Series().median == nil)
        #expect(Series().spread == 0)
    }

    @Test(
        "the spread is the distance of the extremes as a part of the median",
        arguments: [([5], 0), ([9, 10, 11], 0.2), ([0, 0], 0), ([5, 10], 5 / 7.5)]
            as [([Double], Double)])
    func spread(_ values: [Double], _ expected: Double) {
        #expect(abs(Series(values).spread - expected) < 1e-9)
    }

    @Test("numbers are kept by figure and seat")
    func measurements() {
        var numbers = Measurements()
        numbers.add(1, .register, .roost)
        numbers.add(3, .register, .roost)
        numbers.add(5, .register, .kamailio)
        #expect(numbers[.register, .roost].values == [1, 3])
        #expect(numbers[.register, .kamailio].values == [5])
        #expect(numbers[.dump, .roost].values.isEmpty)
    }

    @Test("a remark is kept once")
    func notes() {
        var numbers = Measurements()
        numbers.note("a")
        numbers.note("b")
        numbers.note("a")
        #expect(numbers.notes == ["a", "b"])
    }
}
