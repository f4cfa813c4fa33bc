import Foundation
import JSONValue
import Management
import ModuleKit
import Storage
import Testing

@testable import Server

@Suite("the catalogue of modules and what is generated from it")
struct CatalogueTests {
    private let all = [Catalogue.core] + Catalogue.modules

    private func repeated(_ names: [String]) -> [String] {
        Dictionary(grouping: names, by: { $0 }).filter { $1.count > 1 }.keys.sorted()
    }

    @Test("every module has a name of its own, in lower case")
    func names() {
        #expect(repeated(all.map(\.name)).isEmpty)
        for module in all {
            #expect(!module.name.isEmpty)
            #expect(module.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
        }
    }

    @Test("the modules that kamailio's basic configuration loads are there")
    func basics() {
        let names = Set(all.map(\.name))
        let wanted = [
            "jsonrpcs", "kex", "corex", "cfg_rpc", "pv", "sl", "tm", "textops", "siputils", "xlog",
            "usrloc", "registrar", "db_mysql", "db_sqlite", "ctl", "microhttpd",
        ]
        #expect(names.isSuperset(of: wanted), "\(Set(wanted).subtracting(names))")
    }

    @Test("no command is declared twice, within a module or by two")
    func commands() {
        #expect(repeated(all.flatMap { $0.methods.map(\.name) }).isEmpty)
    }

    @Test("no function is declared by two modules, and no variable but $cnt")
    func functions() {
        #expect(repeated(all.flatMap { $0.functions.map(\.name) }).isEmpty)
        // $cnt($avp(x)) is module pv's, $cnt(group.name) that of counters: neither takes the other.
        #expect(repeated(all.flatMap { $0.variables.map(\.name) }) == ["cnt"])
        #expect(repeated(all.flatMap { $0.eventRoutes.map(\.name) }).isEmpty)
    }

    @Test("no parameter is declared twice, by its name or by the one of cfg")
    func parameters() {
        for module in all {
            #expect(repeated(module.parameters.map(\.name)).isEmpty, "\(module.name)")
            #expect(repeated(module.parameters.compactMap(\.runtimeName)).isEmpty)
        }
    }

    @Test("every default lies within the bounds of its parameter")
    func defaults() {
        for module in all {
            for parameter in module.parameters {
                guard let bounds = parameter.bounds else {
                    if case .integer = parameter.initial {
                        Issue.record("\(module.name).\(parameter.name) is no string")
                    }
                    continue
                }
                switch parameter.initial {
                case .integer(let number):
                    #expect(bounds.contains(number), "\(module.name).\(parameter.name)")
                case .string: Issue.record("\(module.name).\(parameter.name) is no integer")
                case .unset: #expect(parameter.isRepeatable)
                }
            }
        }
    }

    @Test("a default can be given as modparam, and a value beyond the bounds cannot")
    func settable() throws {
        for module in all {
            for parameter in module.parameters where parameter.initial != .unset {
                let configured = module.configure()
                try configured.set(parameter.name, to: parameter.initial)
                guard let bounds = parameter.bounds, bounds.upperBound < Int.max else { continue }
                let beyond = SettingValue.integer(bounds.upperBound + 1)
                #expect(throws: ParameterError.self, "\(module.name).\(parameter.name)") {
                    try configured.set(parameter.name, to: beyond)
                }
            }
        }
    }

    @Test("what a module needs is in the catalogue")
    func requirements() {
        let names = Set(all.map(\.name))
        for module in all {
            for need in module.requires { #expect(names.contains(need), "\(module.name): \(need)") }
        }
    }

    @Test("every example has the shape that its command declares")
    func examples() {
        for method in all.flatMap(\.methods) {
            let violation = SchemaValidator.check(method.example.result, against: method.result)
            #expect(violation == nil, "\(method.name): \(violation?.message ?? "")")
            let given = method.example.parameters
            let needed = method.parameters.prefix { !$0.isOptional }.count
            #expect(given.count >= needed || method.parameters.contains(where: \.isRest))
            for (value, parameter) in zip(given, method.parameters) {
                let fault = SchemaValidator.check(value, against: parameter.kind.schema)
                #expect(fault == nil, "\(method.name) \(parameter.name)")
            }
        }
    }

    @Test("everything that is declared is described in a sentence")
    func summaries() {
        for module in all {
            let summaries =
                [module.summary] + module.parameters.map(\.summary)
                + module.functions.map(\.summary) + module.methods.map(\.summary)
                + module.variables.map(\.summary) + module.statistics.map(\.summary)
                + module.methods.flatMap { $0.parameters.map(\.summary) }
            for summary in summaries {
                #expect(summary.count >= 5, "\(module.name): \"\(summary)\"")
                #expect(!summary.contains("\n"), "\(module.name): \"\(summary)\"")
            }
        }
    }

    @Test("database modules are found by the schemes they serve")
    func databases() {
        #expect(Catalogue.databaseModule(serving: "mysql") == "db_mysql")
        #expect(Catalogue.databaseModule(serving: "mariadb") == "db_mysql")
        #expect(Catalogue.databaseModule(serving: "sqlite") == "db_sqlite")
        #expect(Catalogue.databaseModule(serving: "oracle") == nil)
    }

    // MARK: Generated documents

    @Test("a module's page shows all that it declares", arguments: Catalogue.modules.map(\.name))
    func page(name: String) throws {
        let page = try #require(ModulePages.page(name))
        #expect(page.hasPrefix("# \(name)\n"))
        #expect(ModulePages.page("\(name).so") == page)
        let module = try #require(all.first { $0.name == name })
        for parameter in module.parameters { #expect(page.contains("- `\(parameter.name)`: ")) }
        for function in module.functions { #expect(page.contains("- `\(function.name)(")) }
        for method in module.methods { #expect(page.contains("- `\(method.name)")) }
        for table in module.tables { #expect(page.contains("- `\(table.name)`")) }
    }

    @Test("a page names defaults, bounds, and what changes at runtime")
    func pageDetails() throws {
        let page = try #require(ModulePages.page("registrar"))
        #expect(page.contains("Needs: usrloc."))
        #expect(page.contains("Default 3600. Changes at runtime as `registrar.default_expires`."))
        #expect(page.contains("Changes at runtime as `registrar.realm_pref`."))
        #expect(page.contains("- `save(table, [flags], [uri])`: "))
        #expect(page.contains("Default `received`."))
    }

    @Test("a module that does not exist has no page", arguments: ["", "none", "usrlo", ".so"])
    func noPage(name: String) { #expect(ModulePages.page(name) == nil) }

    @Test("the page \"all\" holds every page")
    func allPages() throws {
        let whole = try #require(ModulePages.page("all"))
        for module in all { #expect(whole.contains("# \(module.name)\n\n\(module.summary)\n")) }
    }

    @Test("the list of pages links to each of them")
    func index() throws {
        let list = try #require(ModulePages.page("README"))
        for module in all { #expect(list.contains("[\(module.name)](\(module.name).md)")) }
        #expect(Set(ModulePages.names) == Set(["README"] + all.map(\.name)))
    }

    @Test("the OpenRPC document names every command once, in order")
    func schema() throws {
        let document = try JSONValue(parsing: SchemaDocument.text)
        let names = (document["methods"]?.items ?? []).compactMap { $0["name"]?.text }
        #expect(names == all.flatMap { $0.methods.map(\.name) }.sorted())
        #expect(document["openrpc"]?.text?.hasPrefix("1.") == true)
        #expect(SchemaDocument.text.hasSuffix("}\n"))
    }

    @Test("the schema is current")
    func freshSchema() throws {
        let path = "rpc-schema/openrpc.json"
        #expect(
            try stored(path) == SchemaDocument.text, "\(path) is out of date: run tools/document")
    }

    @Test("the reference has a current page for every module, and no other page")
    func freshPages() throws {
        let folder = repository.appendingPathComponent("docs/reference")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(ModulePages.names.map { "\($0).md" }), "run tools/document")
        for name in ModulePages.names {
            let isCurrent = try stored("docs/reference/\(name).md") == ModulePages.page(name)
            #expect(isCurrent, "docs/reference/\(name).md is out of date: run tools/document")
        }
    }

    private func stored(_ path: String) throws -> String {
        try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
    }
}
