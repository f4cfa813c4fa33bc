extension TextFile {
    /// The links of a page to files and folders of the tree that are not there.
    ///
    /// Links to other places are left alone: a test does not ask the network.
    func brokenLinks(among paths: [String]) -> [Finding] {
        guard path.hasSuffix(".md") else { return [] }
        var findings: [Finding] = []
        for (index, line) in lines.enumerated() {
            for target in Self.links(in: line) {
                guard let wanted = resolve(target) else { continue }
                let isThere = paths.contains { $0 == wanted || $0.hasPrefix(wanted + "/") }
                guard !isThere else { continue }
                findings.append(Finding(path, index + 1, .brokenLink, "\(target) is not there"))
            }
        }
        return findings
    }

    /// What stands in the parentheses of `[text](target)`.
    static func links(in line: Substring) -> [Substring] {
        line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap {
            $0.firstIndex(of: ")").map($0.prefix(upTo:))
        }
    }

    /// The path that a link means, from the root of the repository; nil for places elsewhere.
    private func resolve(_ target: Substring) -> String? {
        let file = target.prefix { $0 != "#" }
        guard !file.isEmpty, !file.contains(":") else { return nil }
        var folders = path.split(separator: "/").dropLast()
        for piece in file.split(separator: "/") {
            switch piece {
            case "..": folders = folders.dropLast()
            case ".": break
            default: folders.append(piece)
            }
        }
        return folders.joined(separator: "/")
    }
}
