import AppLua
import JSONValue
import ModuleKit
import Testing

@Suite("Names of KEMI")
struct KEMINameTests {
    /// The names that a server with all modules of the rig offers, as `object.name`.
    private func offered() throws -> Set<String> {
        let rig = try KEMIRig("function ksr_request_route() end")
        let answer = try rig.services.call("app_lua.api_list")
        guard case .array(let rows)? = answer["result"]?["methods"] else { return [] }
        return Set(
            rows.compactMap { row in
                guard case .string(let object)? = row["module"],
                    case .string(let name)? = row["name"]
                else { return nil }
                return "\(object).\(name)"
            })
    }

    /// The names that KEMI has in an object.
    private func expected(_ object: String) -> [String] {
        (kemiFunctions[object] ?? "").split(separator: " ").map { word in
            "\(object).\(word.split(separator: "/")[0])"
        }
    }

    @Test(
        "objects that are here completely",
        arguments: ["pv", "hdr", "x"])
    func complete(_ object: String) throws {
        let offered = try offered()
        let missing = expected(object).filter { !offered.contains($0) }
        #expect(missing == [])
        #expect(!expected(object).isEmpty)
    }

    @Test("objects of which most is here, with what is not")
    func mostly() throws {
        let offered = try offered()
        // What sends a message on, or opens and closes connections, which this server does not.
        let forwarding = [
            "add_local_rport", "add_tcp_alias", "add_tcp_alias_via", "forward", "forward_uri",
            "set_advertised_address", "set_advertised_port", "set_forward_close",
            "set_forward_no_connect", "set_reply_close", "set_reply_no_connect", "to_IPv4",
            "to_IPv6", "to_SCTP", "to_TCP", "to_TLS", "to_UDP", "to_WS", "to_WSS", "to_WSX",
            "issflagset", "resetsflag", "setsflag",
        ]
        let missing = expected("").filter { !offered.contains($0) }
        #expect(Set(missing).isSubset(of: Set(forwarding.map { ".\($0)" })))
    }

    @Test("how many names of the modules that are loaded resolve")
    func modules() throws {
        let offered = try offered()
        // A module that gains a function gains its name here without a line of its own: the bounds
        // are what must not be lost.
        let least = ["sl": 2, "registrar": 4, "siputils": 3, "textops": 10, "xlog": 8, "pvx": 20]
        for (object, bound) in least {
            let resolved = expected(object).filter { offered.contains($0) }
            print("KSR.\(object): \(resolved.count) of \(expected(object).count) names of KEMI")
            #expect(resolved.count >= bound, "KSR.\(object) has lost names")
        }
    }

    @Test("every function of every loaded module is there under its own name")
    func ownNames() throws {
        let offered = try offered()
        for module in KEMIRig.modules {
            let object = module.name == "pv" ? "pvx" : module.name
            for function in module.functions {
                #expect(offered.contains("\(object).\(function.name)"))
            }
        }
    }

    @Test(
        "each name is a function in Lua, and no other module hides behind it",
        arguments: ["registrar", "sl", "textops", "siputils", "xlog", "pv", "hdr", "x", "pvx"])
    func callable(_ object: String) throws {
        let lines = try KEMIRig.output(
            "local n = 0 for k, v in pairs(KSR.\(object)) do assert(type(v) == 'function', k) "
                + "n = n + 1 end out(n > 0)")
        #expect(lines == ["true"])
    }
}
