import Foundation
import JSONValue
import Testing

@testable import BenchmarkRig

/// A row of one value each; nil leaves a cell empty.
private func row(
    _ figure: Figure, _ kamailio: Double?, _ roost: Double?, _ reference: Double? = nil
) -> BenchmarkTable.Row {
    func series(_ value: Double?) -> Series { Series(value.map { [$0] } ?? []) }
    return BenchmarkTable.Row(
        figure: figure, kamailio: series(kamailio), roost: series(roost),
        reference: series(reference))
}

@Suite("Table of a run")
struct BenchmarkTableTests {
    @Test("the ratio is ours by Kamailio's, or by the reference where there is no Kamailio")
    func ratio() {
        #expect(row(.register, 10, 5).ratio == 0.5)
        #expect(row(.latency, nil, 30, 20).ratio == 1.5)
        #expect(row(.register, nil, 5).ratio == nil)
        #expect(row(.register, 10, nil).ratio == nil)
        #expect(row(.register, 0, 5).ratio == nil)
    }

    @Test(
        "the verdict follows the bounds of the figure",
        arguments: [
            (.register, 10, 4.5, .aim), (.register, 10, 6, .must), (.register, 10, 6.1, .missed),
            (.flush, 400, 10, .aim), (.flush, 150, 10, .must), (.flush, 149, 10, .missed),
            (.load, 10, 3, .aim), (.load, 10, 6, .must), (.load, 10, 7, .missed),
            (.dump, 100, 1, .aim), (.dump, 40, 1, .must), (.dump, 39, 1, .missed),
            (.memory, 10, 4, .aim), (.memory, 10, 6, .must), (.memory, 10, 7, .missed),
        ] as [(Figure, Double, Double, BenchmarkTable.Verdict)])
    func verdict(
        _ figure: Figure, _ kamailio: Double, _ roost: Double, _ verdict: BenchmarkTable.Verdict
    ) {
        #expect(row(figure, kamailio, roost).verdict == verdict)
    }

    @Test(
        "figures of our own are judged against the reference",
        arguments: [
            (.latency, 100, 105, .aim), (.latency, 100, 200, .must), (.latency, 100, 201, .missed),
            (.workers, 100, 190, .aim), (.workers, 100, 170, .must), (.workers, 100, 160, .missed),
            (.echo, 10, 14, .aim), (.echo, 10, 20, .open),
            (.millionDump, 10, 11, .aim), (.millionDump, 10, 15, .must),
            (.millionDump, 10, 16, .missed),
        ] as [(Figure, Double, Double, BenchmarkTable.Verdict)])
    func ownVerdict(
        _ figure: Figure, _ reference: Double, _ roost: Double, _ verdict: BenchmarkTable.Verdict
    ) {
        #expect(row(figure, nil, roost, reference).verdict == verdict)
    }

    @Test("a row without a counterpart is open")
    func open() { #expect(row(.register, 10, nil).verdict == .open) }

    private func table() -> BenchmarkTable {
        var numbers = Measurements()
        for value in [12.0, 12.4, 12.8] { numbers.add(value, .register, .kamailio) }
        for value in [5.0, 5.0, 5.0] { numbers.add(value, .register, .roost) }
        numbers.add(40, .flush, .kamailio)
        numbers.add(20, .flush, .roost)
        numbers.add(3.5, .echo, .reference)
        numbers.note("a remark")
        return BenchmarkTable(numbers, figures: Figure.allCases, heading: ["where and how"])
    }

    @Test("rows without any number are left out, the others keep their order")
    func rows() { #expect(table().rows.map(\.figure) == [.register, .flush, .echo]) }

    @Test("the run is reached when no row misses")
    func reached() {
        #expect(!table().isReached)
        var numbers = Measurements()
        numbers.add(10, .register, .kamailio)
        numbers.add(5, .register, .roost)
        #expect(BenchmarkTable(numbers, figures: [.register], heading: []).isReached)
    }

    @Test("columns of the text stand below each other")
    func text() {
        let lines = table().text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "where and how")
        #expect(lines.last == "a remark")
        let titles = lines[2]
        let place = titles.distance(
            from: titles.startIndex, to: titles.range(of: "verdict")?.lowerBound ?? titles.endIndex)
        for (line, verdict) in zip(lines[3...5], ["aim", "missed", "-"]) {
            #expect(line.dropFirst(place).hasPrefix(verdict), "\(line)")
        }
        #expect(text(lines[3], has: ["12.4 ±3 %", "5.00 ±0 %", "0.403", "0.600", "0.450"]))
    }

    private func text(_ line: Substring, has parts: [String]) -> Bool {
        parts.allSatisfy { line.contains($0) }
    }

    @Test("the Markdown has a rule below its titles and as many cells in every row")
    func markdown() {
        let lines = table().markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(lines.count == 5)
        #expect(lines[1].allSatisfy { "| -".contains($0) })
        #expect(Set(lines.map { $0.filter { $0 == "|" }.count }) == [10])
        #expect(table().markdown.contains("* a remark"))
    }

    @Test("the JSON has every number and null where there is none")
    func json() {
        guard case .object(let members) = table().json,
            case .array(let rows)? = members.first(where: { $0.name == "rows" })?.value,
            case .object(let first)? = rows.first
        else {
            Issue.record("no rows")
            return
        }
        #expect(rows.count == 3)
        #expect(first.first { $0.name == "verdict" }?.value == .string("aim"))
        #expect(first.first { $0.name == "figure" }?.value == .string("register"))
        #expect(table().jsonText.contains("\"median\": null"))
    }

    @Test(
        "numbers have three digits that count, large ones all before the point",
        arguments: [
            (0, "0"), (12.44, "12.4"), (5, "5.00"), (0.0667, "0.0667"), (0.00123, "0.00123"),
            (875.4, "875"), (123_456.7, "123457"), (-12.44, "-12.4"), (100, "100"),
            (99.96, "100.0"), (.infinity, "-"), (.nan, "-"),
        ] as [(Double, String)])
    func number(_ value: Double, _ text: String) {
        #expect(BenchmarkTable.number(value) == text)
    }

    @Test("every figure has a name of its own, a title and a unit")
    func figures() {
        #expect(Set(Figure.allCases.map(\.rawValue)).count == Figure.allCases.count)
        #expect(Set(Figure.allCases.map(\.title)).count == Figure.allCases.count)
        #expect(Figure.allCases.allSatisfy { !$0.unit.isEmpty })
        #expect(Figure.allCases.filter(\.isMillion).count == 5)
        #expect(Figure.allCases.filter(\.isReginfo).count == 4)
        #expect(Figure.allCases.filter { $0.needsDatabase && !$0.isPresence }.count == 9)
    }
}
