package import ModuleKit
internal import Storage

/// The reference pages of modules, printed from their declarations.
///
/// A page cannot be out of date: the rows that it is printed from are the ones that the server
/// works by. The file that is kept in docs is compared with it by a test.
public enum ModulePages {
    /// The page of one module as Markdown, nil when there is no such module.
    ///
    /// The name may end in `.so`, as in `loadmodule`; `all` is every page, `README` their list.
    public static func page(_ name: String) -> String? {
        let wanted = name.hasSuffix(".so") ? String(name.dropLast(3)) : name
        switch wanted {
        case "all": return blueprints.map(page).joined(separator: "\n")
        case index: return contents
        default: return blueprints.first { $0.name == wanted }.map(page)
        }
    }

    /// Names of the pages that are kept in docs/reference, each in a file of its own.
    public static var names: [String] { [index] + blueprints.map(\.name) }

    /// The name of the page that lists the others.
    private static let index = "README"

    /// The core first, the modules by name.
    private static var blueprints: [ModuleBlueprint] {
        [Catalogue.core] + Catalogue.modules.sorted { $0.name < $1.name }
    }

    /// The list of all pages.
    private static var contents: String {
        var page = "# Reference\n\nOne page a module, written by `tools/document` from what the "
        page += "modules declare; do not edit.\n\n| module | what it is |\n|---|---|\n"
        for module in blueprints {
            page += "| [\(module.name)](\(module.name).md) | \(module.summary) |\n"
        }
        return page
    }

    /// The page of one module.
    package static func page(_ module: ModuleBlueprint) -> String {
        var page = "# \(module.name)\n\n\(module.summary)\n"
        if !module.requires.isEmpty {
            page += "\nNeeds: \(module.requires.joined(separator: ", ")).\n"
        }
        page += parameters(module) + functions(module) + variables(module)
        page += rows("Event routes", module.eventRoutes.map { ($0.name, $0.summary) })
        page += commands(module)
        page += rows("Statistics", module.statistics.map { ($0.name, $0.summary) })
        page += rows(
            "Tables", module.tables.map { ($0.name, "Version \($0.version) of Kamailio's table.") })
        return page
    }

    /// Type, range, default and whether it changes at runtime, one line for each.
    private static func parameters(_ module: ModuleBlueprint) -> String {
        rows(
            "Parameters",
            module.parameters.map { row in
                var text = row.summary.hasSuffix(".") ? row.summary : "\(row.summary)."
                if let bounds = row.bounds {
                    text += " Integer, \(bounds.lowerBound) to \(bounds.upperBound)."
                } else {
                    text += " String."
                }
                switch row.initial {
                case .integer(let number): text += " Default \(number)."
                case .string(let value): text += value.isEmpty ? "" : " Default `\(value)`."
                case .unset: text += " Unset by default."
                }
                if row.isRepeatable { text += " May be given several times." }
                if let name = row.runtimeName {
                    text += " Changes at runtime as `\(module.name).\(name)`."
                }
                return (row.name, text)
            })
    }

    /// How each is called, optional arguments in brackets, and what it returns.
    private static func functions(_ module: ModuleBlueprint) -> String {
        rows(
            "Functions",
            module.functions.map { row in
                let arguments = row.arguments.map { argument in
                    argument.isOptional ? "[\(argument.name)]" : argument.name
                }
                let signature = "\(row.name)(\(arguments.joined(separator: ", ")))"
                return (signature, "\(row.summary) Returns \(row.returns).")
            })
    }

    /// How each is spelled, and whether a script may write it.
    private static func variables(_ module: ModuleBlueprint) -> String {
        rows(
            "Variables",
            module.variables.map { row in
                let inner = row.needsInner ? "(name)" : row.allowsInner ? "[(name)]" : ""
                return ("$\(row.name)\(inner)", row.summary + (row.isWritable ? " Writable." : ""))
            })
    }

    /// The commands of the module with their parameters.
    private static func commands(_ module: ModuleBlueprint) -> String {
        rows(
            "Commands",
            module.methods.map { row in
                let parameters = row.parameters.map { parameter in
                    parameter.isOptional ? "[\(parameter.name)]" : parameter.name
                }
                return (([row.name] + parameters).joined(separator: " "), row.summary)
            })
    }

    /// A section of a page; nothing when it would be empty.
    private static func rows(_ title: String, _ rows: [(String, String)]) -> String {
        guard !rows.isEmpty else { return "" }
        return "\n## \(title)\n\n" + rows.map { "- `\($0.0)`: \($0.1)\n" }.joined()
    }
}
