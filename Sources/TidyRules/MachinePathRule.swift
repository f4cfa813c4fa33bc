extension TextFile {
    /// Places that exist where this was written and nowhere else.
    ///
    /// They are spelled in pieces here, so that this file does not break its own rule.
    static let machinePlaces = ["/" + "work", "/" + "root", "/tmp/" + "wt", "../" + "shared"]

    /// The lines that name such a place.
    func machinePaths() -> [Finding] {
        var findings: [Finding] = []
        for place in Self.machinePlaces where content.contains(place) {
            for (index, line) in lines.enumerated() where Self.names(place, in: line) {
                findings.append(
                    Finding(path, index + 1, .machinePath, "\(place) is not for everyone"))
            }
        }
        return findings
    }

    /// Whether a line names the place itself, and not a longer path or word that contains it.
    private static func names(_ place: String, in line: Substring) -> Bool {
        for range in line.ranges(of: place) {
            let before = range.lowerBound > line.startIndex ? line[..<range.lowerBound].last : nil
            let after = line[range.upperBound...].first
            if !isPathCharacter(before), after.map({ !$0.isLetter && !$0.isNumber }) ?? true {
                return true
            }
        }
        return false
    }

    private static func isPathCharacter(_ character: Character?) -> Bool {
        guard let character else { return false }
        return character.isLetter || character.isNumber || "./_-~})".contains(character)
    }
}
