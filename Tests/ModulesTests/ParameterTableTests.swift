import Foundation
import ModuleKit
import PresenceDialoginfo
import PresenceMWI
import PresenceReginfo
import PresenceXML
import Registrar
import TM
import Testing

@testable import Usrloc

/// The documented parameters of a module: what parameters.tsv says of them.
private struct DocumentedParameter: Sendable {
    let name: String
    let type: String
    let initial: String

    /// The rows of one module.
    static func rows(of module: String) throws -> [DocumentedParameter] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("parameters.tsv")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
            .filter { $0.count == 4 && $0[0] == module }
            .map { DocumentedParameter(name: $0[1], type: $0[2], initial: $0[3]) }
    }

    /// What is wrong with a declaration; nil when it is as documented.
    func fault<P>(_ rows: [ParameterRow<P>], _ defaults: P) -> String? {
        guard let row = rows.first(where: { $0.name == name }) else { return "\(name) is missing" }
        let isInteger = if case .integer = row.kind { true } else { false }
        guard isInteger == (type == "int") else { return "\(name) is no \(type)" }
        let value = row.value(in: defaults)
        guard Self.means(value, initial) else { return "\(name) is \(value), not \(initial)" }
        return nil
    }

    /// Whether a value is the documented one, which is written for people.
    private static func means(_ value: SettingValue, _ words: String) -> Bool {
        switch value {
        case .unset: words == "NULL" || words == "not set"
        case .integer(let number):
            words == "not set" ? number == -1 : Int(words.prefix { $0 != " " }) == number
        case .string(let text):
            text.trimmingCharacters(in: .whitespaces) == words
                || (text.isEmpty && words == "NULL")
        }
    }
}

@Suite("the documented parameters")
struct ParameterTableTests {
    @Test("each parameter of usrloc is declared with its type and default")
    func usrloc() throws {
        let documented = try DocumentedParameter.rows(of: "usrloc")
        #expect(documented.count == 62)
        let rows = UsrlocModule.manifest.parameters
        let faults = documented.compactMap { $0.fault(rows, UsrlocModule.defaults) }
        #expect(faults == [])
    }

    @Test("usrloc declares nothing that is not documented, and nothing twice")
    func undocumented() throws {
        let documented = try Set(DocumentedParameter.rows(of: "usrloc").map(\.name))
        let declared = UsrlocModule.manifest.parameters.map(\.name)
        #expect(Set(declared).count == declared.count)
        #expect(Set(declared).subtracting(documented) == [])
    }

    @Test("each parameter of registrar is declared")
    func registrar() throws {
        let documented = try DocumentedParameter.rows(of: "registrar")
        #expect(documented.count > 30)
        let declared = Set(RegistrarModule.manifest.parameters.map(\.name))
        let missing = documented.map(\.name).filter { !declared.contains($0) }
        #expect(missing == [], "missing: \(missing.joined(separator: ", "))")
    }

    @Test("each parameter of the event packages is declared, and nothing beside them")
    func eventPackages() throws {
        try expectSame("presence_xml", PresenceXMLModule.manifest.parameters.map(\.name))
        try expectSame("presence_reginfo", PresenceReginfoModule.manifest.parameters.map(\.name))
        try expectSame(
            "presence_dialoginfo", PresenceDialoginfoModule.manifest.parameters.map(\.name))
        try expectSame("presence_mwi", PresenceMWIModule.manifest.parameters.map(\.name))
    }

    private func expectSame(_ module: String, _ declared: [String]) throws {
        let documented = try DocumentedParameter.rows(of: module).map(\.name)
        #expect(documented.sorted() == declared.sorted())
    }

    @Test("each parameter of tm is declared, or refused with its reason")
    func transactions() throws {
        let documented = try DocumentedParameter.rows(of: "tm")
        #expect(documented.count == 63)
        let rows = TMModule.manifest.parameters
        #expect(Set(rows.map(\.name)).count == rows.count)
        let missing = documented.map(\.name).filter { name in
            !rows.contains { $0.name == name }
        }
        #expect(missing == [], "missing: \(missing.joined(separator: ", "))")
    }
}
