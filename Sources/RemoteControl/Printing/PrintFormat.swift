/// How an answer is printed.
public enum PrintFormat: String, Sendable, Hashable, CaseIterable {
    /// `name: value` lines, indented; lists of like records as tables.
    case outline
    /// Records as aligned columns, cut to the width of a terminal.
    case table
    /// JSON, for programs.
    case json
}
