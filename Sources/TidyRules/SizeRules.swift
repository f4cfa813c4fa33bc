extension TextFile {
    /// The lines that are too long.
    func longLines() -> [Finding] {
        guard hasLineLimit else { return [] }
        let limit = HouseNumbers.lineCharactersMax
        return lines.enumerated().compactMap { index, line in
            // Counting characters is slow, so bytes sort out the lines that cannot be too long.
            guard line.utf8.count > limit, line.count > limit else { return nil }
            return Finding(path, index + 1, .lineLength, "\(line.count) characters, limit \(limit)")
        }
    }
}

extension SourceFile {
    /// The file, when it is too long.
    func longFile() -> [Finding] {
        let limit = HouseNumbers.fileLinesMax
        guard text.lines.count > limit, HouseNumbers.longFiles[path] == nil else { return [] }
        return [Finding(path, 1, .fileLength, "\(text.lines.count) lines, limit \(limit)")]
    }

    /// The functions and computed variables that are too long.
    func longFunctions() -> [Finding] {
        let limit = HouseNumbers.functionLinesMax
        return declarations.compactMap { declaration in
            guard !declaration.kind.holdsMembers, let count = declaration.lineCount, count > limit
            else { return nil }
            return Finding(
                path, declaration.line, .functionLength,
                "\(declaration.name) has \(count) lines, limit \(limit)")
        }
    }
}
