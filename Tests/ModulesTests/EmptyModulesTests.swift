import Corex
import ModuleKit
import RouteScript
import TM
import Testing

/// The first error of a configuration that may load `tm` and `corex`.
private func fault(_ text: String) -> String {
    do {
        let file = try ConfigurationFile.parse(
            SourceFile(name: "empty.cfg", bytes: Array(text.utf8)), fileSystem: MemoryFiles())
        _ = try file.check(
            catalogue: [ModuleBlueprint(TMModule.self), ModuleBlueprint(Corex.self)],
            core: ModuleBlueprint(BareCore.self))
        return "none"
    } catch {
        return error.errors[0].message
    }
}

@Suite("Modules whose functions are not there")
struct EmptyModulesTests {
    @Test(
        "they load, and refuse what would be ignored",
        arguments: [
            ("loadmodule \"tm.so\"\nloadmodule \"corex\"", "none"),
            (
                "loadmodule \"tm.so\"\nmodparam(\"tm\", \"tw_append\", \"x\")",
                "tw_append is refused: there is no t_write_req"
            ),
            (
                "loadmodule \"tm.so\"\nrequest_route { t_write_req(\"a\", \"b\"); }",
                "t_write_req(): refused: there are no FIFOs for requests"
            ),
            (
                "loadmodule \"corex.so\"\nrequest_route { send_udp(); }",
                "unknown function \"send_udp\""
            ),
            (
                "loadmodule \"tm.so\"\nfailure_route[F] { exit; }",
                "none"
            ),
        ])
    func refusal(text: String, expected: String) {
        #expect(fault(text) == expected)
    }
}
