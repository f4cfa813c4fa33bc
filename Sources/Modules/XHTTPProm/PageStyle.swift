internal import Basics
internal import ModuleKit

/// How the lines of this module look: what names begin with, labels that all of them carry, the
/// time behind the value, comments before a family.
struct PageStyle: Sendable {
    /// What names begin with: `kamailio_`.
    var beginning: String
    /// Labels that all lines carry.
    var tags: [(name: String, value: String)] = []
    /// Whether a family has a line with its help.
    var hasHelp = false
    /// Whether a family has a line with its type.
    var hasType = false
    /// Milliseconds since 1970 behind each value; nil for none.
    var milliseconds: Int?

    /// How long a page may grow, in bytes, before no further numbers are added.
    var byteCountMax = Int.max

    /// Whether a page has room for another number.
    func hasRoom(_ page: MetricPage) -> Bool { page.byteCount < byteCountMax }

    /// Adds a line to a page.
    func add(
        _ name: String, _ kind: MetricPage.Kind?, _ help: String, _ text: String,
        _ labels: [MetricPage.Label] = [], suffix: String = "", to page: inout MetricPage
    ) {
        // A label that a metric declares itself goes before the tag of that name.
        let further = tags.filter { tag in !labels.contains { $0.name == tag.name } }
        page.add(
            beginning + name, hasType ? kind : nil, hasHelp ? help : nil, text: text,
            labels: labels + further, suffix: suffix, milliseconds: milliseconds)
    }

    /// What is wrong with the beginning of names; nil when nothing is.
    static func fault(ofBeginning text: String) -> String? {
        text.isEmpty || (MetricPage.isName(text) && text.utf8.count <= 64)
            ? nil : "is the beginning of a name: letters, digits and _"
    }

    /// The labels of `xhttp_prom_tags`: `site="berlin", rack="7"`, the quotes may be left out.
    static func tags(_ text: String) throws(ArgumentError) -> [(name: String, value: String)] {
        var tags: [(name: String, value: String)] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { throw ArgumentError("\"\(part)\" is no name=\"value\"") }
            let name = sides[0].filter { $0 != " " }
            var value = sides[1].drop { $0 == " " }
            while value.last == " " { value.removeLast() }
            if value.count >= 2, value.first == "\"", value.last == "\"" {
                value = value.dropFirst().dropLast()
            }
            guard MetricPage.isLabelName(name), name != "le", !value.contains("\"") else {
                throw ArgumentError("\"\(part)\" is no name=\"value\"")
            }
            guard !tags.contains(where: { $0.name == name }) else {
                throw ArgumentError("\(name) stands there twice")
            }
            tags.append((name, String(value.prefix(Limits.metricLabelBytesMax))))
        }
        return tags
    }
}
