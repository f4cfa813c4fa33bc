internal import Basics
public import ModuleKit

/// All that can be said about a configuration in one reading: for whoever moves one here, and wants
/// to know everything that does not work before changing a line.
///
/// A start ends at the first file that is no configuration, and shows some errors; a survey goes on
/// as far as it can.
public struct ConfigurationSurvey: Sendable {
    /// What is wrong, in the order of the files; at most `Limits.surveyedErrorsMax`.
    public private(set) var errors: [ScriptError] = []
    /// What is read and means nothing here.
    public private(set) var warnings: [ScriptError] = []
    /// The modules that are loaded and that this server has.
    public private(set) var modules: [String] = []
    /// Whether there are more errors than are shown.
    public var isCut: Bool { errors.count >= Limits.surveyedErrorsMax }

    /// Reads a file and what it includes, and checks it against the modules there are.
    public init(
        path: String, defines: [Definition] = [], catalogue: [ModuleBlueprint],
        core: ModuleBlueprint, fileSystem: any FileAccess = DiskFiles()
    ) {
        let bytes: [UInt8]
        do {
            bytes = try fileSystem.read(path)
        } catch {
            fail(path, .file, "cannot read the configuration: \(error.message)")
            return
        }
        guard bytes.count <= Limits.configurationBytesMax else {
            fail(path, .limit, "the configuration is larger than 16 MiB")
            return
        }
        let file = SourceFile(name: path, bytes: bytes)
        var parser = Parser(
            Lexer(file, defines: defines, files: fileSystem),
            Diagnostics(limit: Limits.surveyedErrorsMax))
        let (tree, faults) = parser.parse()
        var checker = Checker(
            tree, catalogue: catalogue, core: core, Diagnostics(limit: Limits.surveyedErrorsMax))
        // What it finds is taken from its diagnostics, where the error that it throws came from.
        _ = try? checker.check()
        modules = checker.loaded.map(\.name)
        let found = checker.diagnostics.errors.filter { faults.isEmpty || Self.stands($0) }
        errors = Array((faults + found).prefix(Limits.surveyedErrorsMax))
        warnings = Self.ignored(tree)
        sort(tree)
    }

    /// Whether an error stands although a part of the file could not be read.
    ///
    /// A block that could not be read makes others miss it, and so does a module whose line was
    /// skipped; names that nobody has are wrong however the rest reads.
    private static func stands(_ error: ScriptError) -> Bool {
        switch error.kind {
        case .unknownRoute, .placement: false
        default: true
        }
    }

    /// The settings that are passed over.
    private static func ignored(_ tree: Tree) -> [ScriptError] {
        tree.settings.compactMap { setting in
            guard case .ignored(let what, let position) = setting else { return nil }
            return ScriptError(
                .unsupported, at: tree.sources.location(position), "\(what) is ignored",
                sourceLine: tree.sources.line(position))
        }
    }

    private mutating func fail(_ path: String, _ kind: ScriptError.Kind, _ message: String) {
        let place = SourceLocation(file: path, line: 1, column: 1)
        errors = [ScriptError(kind, at: place, message)]
    }

    /// Puts everything into the order in which it is read.
    private mutating func sort(_ tree: Tree) {
        var places: [String: Int] = [:]
        for (place, file) in tree.sources.files.enumerated() where places[file.name] == nil {
            places[file.name] = place
        }
        func isBefore(_ a: ScriptError, _ b: ScriptError) -> Bool {
            let (a, b) = (a.location, b.location)
            return (places[a.file] ?? 0, a.line, a.column) < (places[b.file] ?? 0, b.line, b.column)
        }
        errors.sort(by: isBefore)
        warnings.sort(by: isBefore)
    }
}
