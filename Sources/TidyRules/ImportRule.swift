extension SourceFile {
    /// The imports that the row of the target does not name.
    ///
    /// The compiler accepts an import of whatever another target happens to have built, so a layer
    /// could be reached over without Package.swift noticing.
    func undeclaredImports(in package: PackageFacts) -> [Finding] {
        guard let target = package.target(of: path) else { return [] }
        return imports.compactMap { entry in
            guard let reason = Self.objection(to: entry.module, in: target) else { return nil }
            return Finding(path, entry.line, .undeclaredImport, reason)
        }
    }

    private static func objection(to module: String, in target: PackageFacts.Target) -> String? {
        if target.dependencies.contains(module) { return nil }
        if HouseNumbers.systemModules.contains(module) { return nil }
        switch module {
        case "Testing" where target.isTest || target.name == "TestSupport": return nil
        case "Foundation", "FoundationEssentials":
            guard HouseNumbers.targetsWithoutFoundation.contains(target.name) else { return nil }
            return "\(target.name) is in layers 1 to 3, which do without Foundation"
        default: return "the row of \(target.name) in Package.swift does not name \(module)"
        }
    }
}
