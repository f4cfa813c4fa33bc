internal import Basics
public import ModuleKit

/// A configuration file as it was read: grammar checked, names not yet looked up.
///
/// Reading and checking are two steps because the first needs nothing but the bytes: tools can
/// print or compare a configuration whose modules they do not have.
public struct ConfigurationFile: Sendable {
    /// What was read.
    public let tree: Tree
    /// What was defined at the end, by name: for `core.ppdefines`.
    ///
    /// It includes what the command line and the server itself defined, since an operator who asks
    /// wants to know why an `#!ifdef` was taken.
    public let definitions: [Definition]

    /// Reads a file and what it includes.
    ///
    /// Errors show file, line, column and the line itself.
    public static func parse(
        path: String, defines: [Definition] = [], fileSystem: any FileAccess = DiskFiles()
    ) throws(ScriptErrors) -> ConfigurationFile {
        let bytes: [UInt8]
        do {
            bytes = try fileSystem.read(path)
        } catch {
            let place = SourceLocation(file: path, line: 1, column: 1)
            throw ScriptErrors([
                ScriptError(.file, at: place, "cannot read the configuration: \(error.message)")
            ])
        }
        return try parse(
            SourceFile(name: path, bytes: bytes), defines: defines, fileSystem: fileSystem)
    }

    /// Reads a configuration that is in memory; what it includes comes from `fileSystem`.
    public static func parse(
        _ file: SourceFile, defines: [Definition] = [], fileSystem: any FileAccess = DiskFiles()
    ) throws(ScriptErrors) -> ConfigurationFile {
        guard file.bytes.count <= Limits.configurationBytesMax else {
            let place = SourceLocation(file: file.name, line: 1, column: 1)
            throw ScriptErrors([
                ScriptError(.limit, at: place, "the configuration is larger than 16 MiB")
            ])
        }
        var parser = Parser(Lexer(file, defines: defines, files: fileSystem))
        let (tree, errors) = parser.parse()
        guard errors.isEmpty else { throw ScriptErrors(errors) }
        return ConfigurationFile(
            tree: tree, definitions: parser.lexer.definitions.all)
    }

    /// Checks it against the modules there are; `core` holds the global parameters.
    ///
    /// The catalogue holds all modules that this server has, loaded or not: from those that are not
    /// loaded come the hints that name the `loadmodule` which is missing.
    public func check(
        catalogue: [ModuleBlueprint], core: ModuleBlueprint
    ) throws(ScriptErrors) -> CheckedConfiguration {
        var checker = Checker(tree, catalogue: catalogue, core: core)
        return try checker.check()
    }
}
