/// Marks what differs between two frames of the same command, word by word.
enum ChangeMarks {
    /// The lines of a frame with the words that were not there in the frame before marked.
    ///
    /// Lines are compared with those at the same place: answers of one command keep their order
    /// mostly, and a line that moved is a change worth seeing. The first frame has no marks.
    static func mark(
        _ lines: [String], since before: [String]?, begin: String, end: String
    ) -> [String] {
        guard let before else { return lines }
        return lines.enumerated().map { place, line in
            guard place < before.count else { return line.isEmpty ? line : begin + line + end }
            return mark(line, since: before[place], begin, end)
        }
    }

    /// The line with the parts marked that were not there before.
    private static func mark(
        _ line: String, since before: String, _ begin: String, _ end: String
    ) -> String {
        guard line != before else { return line }
        let old = before.split(separator: " ", omittingEmptySubsequences: true)
        var result = ""
        var word = 0
        var rest = line[...]
        while let first = rest.first {
            if first == " " {
                result.append(first)
                rest = rest.dropFirst()
                continue
            }
            let text = rest.prefix { $0 != " " }
            rest = rest[text.endIndex...]
            let isSame = word < old.count && old[word] == text
            result += isSame ? String(text) : begin + text + end
            word += 1
        }
        return result
    }
}
