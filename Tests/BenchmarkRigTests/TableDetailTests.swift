import Foundation
import JSONValue
import struct TestSupport.SeededNumbers
import Testing

@testable import BenchmarkRig

/// A row with these values in its three columns.
private func row(
    _ figure: Figure, _ kamailio: [Double] = [], _ roost: [Double] = [],
    _ reference: [Double] = []
) -> BenchmarkTable.Row {
    BenchmarkTable.Row(
        figure: figure, kamailio: Series(kamailio), roost: Series(roost),
        reference: Series(reference))
}

/// A table of rows of one's own, without a heading.
private func table(_ rows: [BenchmarkTable.Row], notes: [String] = []) -> BenchmarkTable {
    var table = BenchmarkTable(Measurements(), figures: [], heading: [])
    table.rows = rows
    table.notes = notes
    return table
}

@Suite("Bound of each figure")
struct FigureBoundTests {
    /// What each row of the table has to reach, as the project has set it.
    static let bounds: [(Figure, Figure.Bound)] = [
        (.register, .atMost(must: 0.6, aim: 0.45)),
        (.registerDatabase, .atMost(must: 0.6, aim: 0.45)),
        (.registerScript, .atMost(must: 0.6, aim: 0.45)),
        (.flush, .atMost(must: 1.0 / 15, aim: 1.0 / 40)), (.load, .atMost(must: 0.6, aim: 0.3)),
        (.dump, .atMost(must: 1.0 / 40, aim: 1.0 / 100)),
        (.latency, .atMost(must: 2, aim: 1.1)), (.memory, .atMost(must: 0.6, aim: 0.4)),
        (.workers, .atLeast(must: 1.7, aim: 1.9)), (.commands, .atLeast(must: 1, aim: 1.5)),
        (.commandLatency, .atMost(must: 1, aim: 1 / 1.5)),
        (.commandsBusy, .atLeast(must: 1, aim: 1.5)),
        (.commandLatencyBusy, .atMost(must: 1, aim: 1 / 1.5)),
        (.commandCost, .atMost(must: 1, aim: 1 / 1.5)), (.echo, .atMost(must: nil, aim: 1.4)),
        (.millionRegister, .atMost(must: 1.5, aim: 1.1)),
        (.millionDump, .atMost(must: 1.5, aim: 1.1)),
        (.millionFlush, .atMost(must: 1.5, aim: 1.1)),
        (.millionLoad, .atMost(must: 1.5, aim: 1.1)),
        (.millionMemory, .atMost(must: 1.5, aim: 1.1)),
        (.presenceSubscribe, .atLeast(must: 10, aim: 25)),
        (.presenceSubscribeMemory, .atLeast(must: 1.3, aim: 2.5)),
        (.presencePublish, .atLeast(must: 12, aim: 30)),
        (.presencePublishMemory, .atLeast(must: 1.3, aim: 2.5)),
        (.presenceTen, .atLeast(must: 7, aim: 15)),
        (.presenceTenMemory, .atLeast(must: 1.3, aim: 2.5)),
        (.presenceThousand, .atLeast(must: 7, aim: 15)),
        (.presenceThousandMemory, .atLeast(must: 1.3, aim: 2.5)),
        (.presenceSubscribeCost, .atMost(must: 1 / 1.3, aim: 0.4)),
        (.presencePublishCost, .atMost(must: 1 / 1.3, aim: 0.4)),
        (.presenceNotifyCost, .atMost(must: 1 / 1.3, aim: 0.4)),
        (.presenceLatency, .atMost(must: 0.2, aim: 0.1)),
        (.presenceSubscriptionMemory, .atMost(must: 0.7, aim: 0.4)),
        (.presencePresentityMemory, .atMost(must: 0.7, aim: 0.4)),
        (.reginfoRegister, .atLeast(must: 4, aim: 8)),
        (.reginfoRegisterStored, .atLeast(must: 4, aim: 8)),
        (.reginfoLearn, .atMost(must: 0.2, aim: 0.1)),
        (.reginfoLearnStored, .atMost(must: 0.2, aim: 0.1)),
    ]

    @Test("the list of this test names every figure once")
    func complete() { #expect(Self.bounds.map(\.0) == Figure.allCases) }

    @Test("a bound is what was set", arguments: bounds)
    func bound(_ figure: Figure, _ bound: Figure.Bound) { #expect(figure.bound == bound) }

    @Test("a ratio right at a bound has reached it, one beyond has not", arguments: bounds)
    func edges(_ figure: Figure, _ bound: Figure.Bound) {
        func verdict(_ ratio: Double) -> BenchmarkTable.Verdict {
            row(figure, [1], [ratio]).verdict
        }
        switch bound {
        case .atMost(let must?, let aim):
            #expect(verdict(aim) == .aim)
            #expect(verdict(aim.nextUp) == .must)
            #expect(verdict(must) == .must)
            #expect(verdict(must.nextUp) == .missed)
        case .atMost(nil, let aim):
            #expect(verdict(aim) == .aim)
            #expect(verdict(aim.nextUp) == .open, "without a must nothing is missed")
            #expect(verdict(aim * 100) == .open)
        case .atLeast(let must, let aim):
            #expect(verdict(aim) == .aim)
            #expect(verdict(aim.nextDown) == .must)
            #expect(verdict(must) == .must)
            #expect(verdict(must.nextDown) == .missed)
        }
    }

    @Test(
        "a figure is found by the name that the command line has",
        arguments: [
            ("register", .register), ("register-db", .registerDatabase),
            ("register-script", .registerScript), ("million-register", .millionRegister),
            ("million-dump", .millionDump), ("million-flush", .millionFlush),
            ("million-load", .millionLoad), ("million-memory", .millionMemory), ("Register", nil),
            ("presence-fanout-10", .presenceTen), ("presence-latency", .presenceLatency),
            ("", nil), ("register ", nil),
        ] as [(String, Figure?)])
    func names(_ name: String, _ figure: Figure?) { #expect(Figure(rawValue: name) == figure) }

    @Test("large rows have the unit of one contact", arguments: Figure.allCases)
    func units(_ figure: Figure) {
        #expect(["s", "us", "bytes", "1/s"].contains(figure.unit))
        if figure.isMillion { #expect(figure.unit == "us" || figure == .millionMemory) }
    }
}

@Suite("Cells of the table")
struct TableCellTests {
    /// The cells of the first row of a table in Markdown.
    private func cells(_ row: BenchmarkTable.Row) -> [String] {
        let lines = table([row]).markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
        return lines[2].dropFirst(2).dropLast(2).components(separatedBy: " | ")
    }

    @Test("a number that is missing is a dash, wherever it is missing")
    func missing() {
        #expect(cells(row(.register))[2...] == ["-", "-", "-", "-", "0.600", "0.450", "-"])
        #expect(cells(row(.register, [10]))[2...5] == ["10.0", "-", "-", "-"])
        #expect(cells(row(.register, [], [10]))[2...5] == ["-", "10.0", "-", "-"])
        #expect(cells(row(.register, [], [], [10]))[2...5] == ["-", "-", "10.0", "-"])
    }

    @Test("Kamailio's number goes before a reference when there are both")
    func both() {
        #expect(row(.echo, [10], [5], [1]).ratio == 0.5)
        #expect(row(.echo, [], [5], [1]).ratio == 5)
    }

    @Test("a reference of nothing gives no ratio, ours may be nothing")
    func zero() {
        #expect(row(.memory, [0], [5]).ratio == nil)
        #expect(row(.memory, [0], [5]).verdict == .open)
        #expect(row(.memory, [5], [0]).ratio == 0)
        #expect(row(.memory, [5], [0]).verdict == .aim)
    }

    @Test("bounds of rows where more is better say so")
    func atLeast() {
        #expect(cells(row(.workers, [], [2], [1]))[5...] == ["2.00", ">= 1.70", ">= 1.90", "aim"])
        #expect(cells(row(.echo, [], [2], [1]))[5...] == ["2.00", "-", "1.40", "-"])
    }

    @Test(
        "the spread is half the distance of the extremes in percent, of several values only",
        arguments: [
            ([10], "10.0"), ([10, 10], "10.0 ±0 %"), ([9, 11], "10.0 ±10 %"),
            ([9, 10, 12], "10.0 ±15 %"), ([0, 0], "0 ±0 %"), ([1, 3], "2.00 ±50 %"),
        ] as [([Double], String)])
    func spread(_ values: [Double], _ text: String) {
        #expect(cells(row(.register, values))[2] == text)
    }

    @Test("values around zero, or none at all, do not stop the program")
    func extremes() {
        #expect(cells(row(.register, [-1, 1e-30, 1]))[2].hasSuffix("±- %"))
        #expect(cells(row(.register, [.infinity, 1, .infinity]))[2].hasPrefix("- "))
        #expect(cells(row(.register, [.nan]))[2] == "-")
        #expect(cells(row(.register, [1e300], [1e-300]))[2...5].contains("-"))
    }

    @Test(
        "numbers beyond every measurement are a dash, not a trap",
        arguments: [1e15, 1e19, 1e300, -1e19, .greatestFiniteMagnitude, -.infinity])
    func large(_ value: Double) { #expect(BenchmarkTable.number(value) == "-") }

    @Test("a number read back is the number to three digits")
    func accuracy() throws {
        var numbers = SeededNumbers(seed: 77)
        for _ in 0..<2_000 {
            let exponent = Double.random(in: -4...14, using: &numbers)
            let value = Double.random(in: 1...10, using: &numbers) * pow(10, exponent)
            let read = try #require(Double(BenchmarkTable.number(value)))
            #expect(abs(read - value) <= value * 0.0051, "\(value)")
        }
    }

    @Test("a sign changes nothing but the sign")
    func signs() {
        for value in [0.001, 0.5, 12.25, 99.9, 1_000, 123_456] {
            #expect(BenchmarkTable.number(-value) == "-" + BenchmarkTable.number(value))
        }
    }
}

@Suite("Documents of the table")
struct TableDocumentTests {
    @Test("one miss among many is a run that is not reached")
    func reached() {
        let good = row(.register, [10], [4])
        #expect(table([]).isReached)
        #expect(table([good, row(.dump, [], [1])]).isReached, "an open row is no miss")
        #expect(!table([good, row(.dump, [1], [1])]).isReached)
    }

    @Test("a remark of several lines stays within its item of the list")
    func remarks() {
        let text = table([row(.register, [1], [2])], notes: ["first\nsecond | x", "third"]).markdown
        #expect(text.hasSuffix("* first\n  second | x\n* third\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("|") }.count == 3)
    }

    @Test("the text has heading, empty line, table, empty line and remarks in this order")
    func order() {
        var table = table([row(.register, [1], [2])], notes: ["a", "b"])
        table.heading = ["h1", "h2"]
        let lines = table.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0...2] == ["h1", "h2", ""])
        #expect(lines[3].hasPrefix("figure"))
        #expect(lines[4].hasPrefix(Figure.register.title))
        #expect(lines[5...] == ["", "a", "b"])
    }

    @Test("every line of the text's table is as wide as the widest cells")
    func widths() {
        let rows = Figure.allCases.map { row($0, [1_234], [5, 6], [0.001]) }
        let lines = table(rows).text.split(separator: "\n")
        #expect(lines.count == rows.count + 1)
        #expect(Set(lines.map(\.count)).count == 1)
    }

    @Test("the JSON can be read and holds every value of every round")
    func json() throws {
        let rows = [row(.register, [3, 1, 2], [4], []), row(.workers, [], [2], [1])]
        let document = try JSONValue(parsing: table(rows, notes: ["n"]).jsonText)
        let read = document["rows"]?.items ?? []
        #expect(read.count == 2)
        #expect(document["reached"] == false)
        #expect(document["notes"] == ["n"])
        #expect(read[0]["kamailio"]?["values"]?.items?.count == 3)
        #expect(read[0]["reference"]?["median"] == .null)
        #expect(read[0]["unit"] == "us")
        #expect(read[0]["verdict"] == "missed")
        #expect(read[1]["kamailio"]?["median"] == .null)
        #expect(read[1]["verdict"] == "aim")
        #expect(read[1]["figure"] == "workers")
    }

    @Test("a row that is open has null for its ratio")
    func openRatio() throws {
        let document = try JSONValue(parsing: table([row(.register, [3])]).jsonText)
        #expect(document["rows"]?.items?.first?["ratio"] == .null)
        #expect(document["rows"]?.items?.first?["verdict"] == "-")
    }

    @Test("numbers that are none are null, so that the JSON stays JSON")
    func noNumbers() throws {
        let table = table([row(.register, [.nan], [.infinity])])
        let document = try JSONValue(parsing: table.jsonText)
        #expect(document["rows"]?.items?.first?["kamailio"]?["values"]?.items == [.null])
    }

    @Test("the Markdown is written to a file whole, over what was there")
    func written() throws {
        let scratch = try ScratchDirectory(prefix: "table-test")
        let file = scratch.file("table.md")
        try TextFile.write(String(repeating: "old\n", count: 1_000), to: file)
        let table = table([row(.register, [1], [2])])
        try table.writeMarkdown(to: file)
        #expect(TextFile.read(file) == table.markdown)
    }

    @Test("a file that cannot be written is an error that names it")
    func unwritable() throws {
        let scratch = try ScratchDirectory(prefix: "table-test")
        let error = #expect(throws: RigError.self) {
            try table([]).writeMarkdown(to: scratch.file("no/such/folder"))
        }
        #expect(error?.kind == .system)
        #expect(error?.description.contains("no/such/folder") == true)
    }

    @Test("figures that are not asked for are no rows, and the order is that of the question")
    func figures() {
        var numbers = Measurements()
        for figure in Figure.allCases { numbers.add(1, figure, .roost) }
        let table = BenchmarkTable(numbers, figures: [.dump, .register], heading: [])
        #expect(table.rows.map(\.figure) == [.dump, .register])
        #expect(BenchmarkTable(numbers, figures: [], heading: []).rows.isEmpty)
    }
}
