import Testing

@testable import TidyRules

@Suite("The rule about links")
struct LinkRuleTests {
    private static let paths = [
        "README.md", "docs/install.md", "docs/decisions/0001-layers.md", "LICENSE",
    ]

    private func findings(_ content: String, in path: String) -> [String] {
        short(TextFile(path, content).brokenLinks(among: Self.paths))
    }

    @Test(
        "a link to what is there is left alone",
        arguments: [
            ("README.md", "[a](docs/install.md)"), ("README.md", "[a](docs/decisions)"),
            ("README.md", "[a](LICENSE) and [b](docs/install.md)"),
            ("README.md", "[a](docs/install.md#needs)"), ("README.md", "[a](#here)"),
            ("docs/install.md", "[a](../README.md)"), ("docs/install.md", "[a](./install.md)"),
            ("docs/decisions/0001-layers.md", "[a](../install.md)"),
            ("docs/install.md", "[a](decisions/)"), ("README.md", "no link (here)"),
            ("README.md", "[a](https://example.com/docs)"), ("README.md", "[a](mailto:a@b)"),
            ("README.md", "[a](open"), ("README.md", "[a]()"),
        ])
    func accepts(path: String, content: String) {
        #expect(findings(content, in: path) == [])
    }

    @Test(
        "a link to what is not there is found",
        arguments: [
            ("README.md", "[a](install.md)", ["1: install.md is not there"]),
            ("README.md", "a\n[a](docs/inst) b", ["2: docs/inst is not there"]),
            ("docs/install.md", "[a](docs/install.md)", ["1: docs/install.md is not there"]),
            ("docs/install.md", "[a](x) [b](y)", ["1: x is not there", "1: y is not there"]),
        ])
    func finds(path: String, content: String, expected: [String]) {
        #expect(findings(content, in: path) == expected)
    }

    @Test("only pages have links")
    func sparesOthers() {
        #expect(findings("a[b](c)", in: "Sources/A.swift") == [])
    }

    @Test("the target of each link of a line is found")
    func splitsLinks() {
        #expect(TextFile.links(in: "[a](b) c [d](e#f) [g] (h) [i](j") == ["b", "e#f"])
    }
}
