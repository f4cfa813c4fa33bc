import Testing

@testable import TidyRules

@Suite("The figures")
struct FiguresTests {
    @Test("each line is code, comment or blank")
    func classifiesLines() {
        let text = """
            // A comment.
            let a = 1  // With a comment.

            /* One
            two */
            let b = \"\"\"
                // Inside of a string.
                \"\"\"
            /* c */ let d = 1
            """
        let kinds = Snippet.file(text).lineKinds
        #expect(
            kinds == [.comment, .code, .blank, .comment, .comment, .code, .code, .code, .code])
    }

    @Test(
        "a last newline begins no line",
        arguments: [("", 0), ("a", 1), ("a\n", 1), ("a\n\n", 2), ("\n", 1)])
    func countsLines(text: String, count: Int) {
        #expect(Snippet.file(text).lineKinds.count == count)
    }

    @Test(
        "the density is the share of comments without the blank lines",
        arguments: [(8, 2, 0, 0.2), (8, 2, 90, 0.2), (0, 0, 5, 0.0), (0, 3, 0, 1.0)])
    func measuresDensity(code: Int, comments: Int, blanks: Int, density: Double) {
        let file = Snippet.file(code: code, comments: comments, blanks: blanks)
        #expect(Figures([file]).commentDensity == density)
    }

    @Test(
        "the median is of functions with a body",
        arguments: [([], 0), ([3], 3), ([3, 4, 50], 4), ([2, 4, 6, 8], 6)])
    func findsMedian(lengths: [Int], median: Int) {
        let text = lengths.map { Snippet.function("a", lines: $0) }.joined(separator: "\n")
        let figures = Figures([Snippet.file(text + "\nprotocol P { func q() }")])
        #expect(figures.medianFunctionLines == median)
        #expect(figures.functions == lengths.count)
    }

    @Test("four calls count as preconditions, their names alone do not")
    func countsPreconditions() {
        let text = """
            func a() {
                precondition(b)
                assert(b, "c")
                preconditionFailure("precondition(b)")
                assertionFailure()
                // precondition(b)
                expect(b)
            }
            func d() { let assert = 1 }
            """
        let figures = Figures([Snippet.file(text)])
        #expect(figures.preconditions == 4)
        #expect(figures.preconditionsPerFunction == 2)
    }

    @Test("files add up")
    func addsUp() {
        var figures = Figures([Snippet.file(code: 3, comments: 1)])
        figures.add(Snippet.file(code: 2, blanks: 4))
        #expect(figures.files == 2)
        #expect(figures.lines == 10)
        #expect(figures.codeLines == 5)
        #expect(figures.commentLines == 1)
    }

    @Test(
        "numbers are printed with fixed decimals",
        arguments: [(0.0, "0.0 %", "0.00"), (0.2345, "23.5 %", "0.23"), (1.07, "107.0 %", "1.07")])
    func printsNumbers(number: Double, percent: String, rounded: String) {
        #expect(number.percent == percent)
        #expect(number.rounded2 == rounded)
    }

    @Test("columns are padded on the side that is asked for")
    func padsColumns() {
        #expect("ab".padded(to: 4) == "ab  ")
        #expect("ab".padded(to: 4, atEnd: false) == "  ab")
        #expect("abcd".padded(to: 2) == "abcd")
    }
}
