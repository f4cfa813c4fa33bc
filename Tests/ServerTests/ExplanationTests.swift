import JSONValue
import ModuleKit
import Testing

@testable import Server

@Suite("What roost explain says")
struct ExplanationTests {
    /// The facts of the only explanation of a name.
    private func facts(_ name: String) throws -> [String: String] {
        let found = Explanation.find(name)
        try #require(found.count == 1, "\(found.map(\.name))")
        return Dictionary(uniqueKeysWithValues: found[0].facts.map { ($0.name, $0.value) })
    }

    @Test("a parameter has type, range, default, and how it is set")
    func parameter() throws {
        let facts = try facts("registrar.max_expires")
        #expect(facts["type"] == "integer" && facts["default"] == "0")
        #expect(facts["range"]?.hasPrefix("0 to ") == true)
        #expect(facts["set"] == "modparam(\"registrar\", \"max_expires\", NUMBER)")
        #expect(
            facts["change at runtime"]
                == "roostctl cfg.set_now_int registrar max_expires VALUE")
    }

    @Test("a global parameter is set without modparam")
    func global() throws {
        let facts = try facts("core.debug")
        #expect(facts["set"] == "debug = NUMBER")
        #expect(Explanation.find("debug").contains { $0.name == "core.debug" })
    }

    @Test("one that cannot change says so, and so does a string")
    func fixed() throws {
        let facts = try facts("usrloc.db_url")
        #expect(facts["type"] == "string" && facts["range"] == nil)
        #expect(facts["change at runtime"] == "no")
    }

    @Test("a function has arguments, blocks and return codes")
    func function() throws {
        let facts = try facts("registrar.save")
        #expect(facts["argument table"] == "string")
        #expect(facts["blocks"]?.contains("request_route") == true)
        #expect(facts["returns"]?.contains("-1") == true)
        #expect(Explanation.find("save(\"location\")").map(\.kind) == ["function"])
    }

    static let kinds: [(String, String)] = [
        ("$ru", "variable"), ("ru", "variable"), ("ul.dump", "command"),
        ("{s.len}", "transformation"),
        ("s.len", "transformation"), ("usrloc", "module"), ("usrloc.so", "module"),
        ("usrloc:contact-expired", "event route"), ("registrar:accepted_regs", "statistic"),
        ("tm.t_relay", "function"), ("sl.default_code", "parameter"),
    ]

    @Test("names are found in the form that they are written in", arguments: kinds)
    func find(_ name: String, _ kind: String) {
        #expect(Explanation.find(name).contains { $0.kind == kind }, "\(name)")
    }

    @Test("a command has its parameters and an example that can be typed")
    func command() throws {
        let facts = try facts("cfg.set_now_int")
        #expect(facts["changes something"] == "yes")
        #expect(facts["example"]?.hasPrefix("roostctl cfg.set_now_int ") == true)
        #expect(facts.keys.contains { $0.hasPrefix("parameter ") })
    }

    @Test("what nothing is called finds nothing, and the nearest name is suggested")
    func nothing() {
        #expect(Explanation.find("registrar.max_exprs").isEmpty)
        #expect(Explanation.find("").isEmpty)
        #expect(Explanation.suggestion("registrar.max_exprs") == "registrar.max_expires")
        #expect(Explanation.suggestion("zzzzzzzzzzzz") == nil)
    }

    @Test("shells get names that begin like the word, sorted")
    func names() {
        let names = Explanation.names(beginning: "registrar.max")
        #expect(names.contains("registrar.max_contacts"))
        #expect(names == names.sorted() && names.allSatisfy { $0.hasPrefix("registrar.max") })
        #expect(Explanation.names(beginning: "zzz") == [])
    }

    @Test(
        "everything that a module declares is explained", arguments: Catalogue.modules.map(\.name))
    func complete(_ name: String) throws {
        let module = try #require(Catalogue.modules.first { $0.name == name })
        for row in module.parameters {
            let found = Explanation.find("\(name).\(row.name)")
            #expect(found.contains { $0.kind == "parameter" }, "\(name).\(row.name)")
            if row.isRefused {
                #expect(found.contains { $0.facts.contains { $0.name == "supported" } })
            }
        }
        for row in module.functions { #expect(!Explanation.find(row.name).isEmpty) }
        for row in module.variables { #expect(!Explanation.find("$\(row.name)").isEmpty) }
        for row in module.methods { #expect(!Explanation.find(row.name).isEmpty) }
        for row in module.transformations { #expect(!Explanation.find(row.name).isEmpty) }
    }

    @Test("the text has the sentence, the JSON the same facts")
    func forms() throws {
        let found = try #require(Explanation.find("registrar.max_expires").first)
        #expect(found.text.hasPrefix("registrar.max_expires\n    "))
        #expect(found.text.contains("    kind: parameter\n    module: registrar\n"))
        #expect(found.json["kind"] == "parameter" && found.json["type"] == "integer")
        #expect(found.json["change_at_runtime"]?.text?.hasPrefix("roostctl ") == true)
    }
}
