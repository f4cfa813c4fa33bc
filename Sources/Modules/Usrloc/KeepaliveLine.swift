import Basics

/// The log line for an answer to a keepalive: text with a few pseudo-variables (`ka_logmsg`).
///
/// The line is written by the location service and not by the script, so it knows the variables of
/// a reply and no others.
struct KeepaliveLine: Sendable, Hashable {
    /// What a line can say of an answer.
    enum Variable: String, Sendable, CaseIterable {
        /// URI in To.
        case toURI = "tu"
        /// URI in From.
        case fromURI = "fu"
        /// Where the answer came from, as `udp:192.0.2.1:5060`.
        case source = "sas"
        /// The address of that.
        case address = "si"
        /// The port of that.
        case port = "sp"
        /// The status.
        case status = "rs"
        /// The Call-ID.
        case callID = "ci"
    }
    /// A piece of the line.
    enum Part: Sendable, Hashable {
        case text(String)
        case variable(Variable)
    }
    /// The pieces in order.
    private(set) var parts: [Part] = []

    /// Reads a template; nil when it names a variable that is not known.
    ///
    /// `$$` is a dollar sign.
    init?(_ template: String) {
        var rest = Substring(template)
        var text = ""
        while let character = rest.popFirst() {
            guard character == "$" else {
                text.append(character)
                continue
            }
            if rest.first == "$" {
                text.append(rest.removeFirst())
                continue
            }
            let word = rest.prefix { $0.isLetter }
            guard let variable = Variable(rawValue: String(word)) else { return nil }
            rest.removeFirst(word.count)
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            parts.append(.variable(variable))
        }
        if !text.isEmpty { parts.append(.text(text)) }
    }

    /// The line; `value` says what a variable is.
    func text(_ value: (Variable) -> String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .variable(let variable): value(variable)
            }
        }.joined()
    }
}
