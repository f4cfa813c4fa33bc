import JSONValue
import TestSupport
import Testing

/// The published description of all commands is true.
@Suite("the OpenRPC document", .onThreads)
struct PublishedSchemaTests {
    /// A server with every module, a database and one user.
    private func server() throws -> ServerProcess {
        let folder = try TemporaryFolder()
        let url = "sqlite:///\(folder.file("test.sqlite"))"
        try ServerProcess.migrate(url)
        var configuration = ServerConfiguration(databaseMode: 2, url: url)
        configuration.modules += [
            "tm", "ctl", "cfgutils", "htable", "nathelper", "app_lua", "presence", "presence_xml",
            "rr", "dialog", "pua", "pua_rpc", "pua_reginfo", "counters", "xhttp_prom",
        ]
        configuration.globals.append("use_dst_blocklist=yes")
        configuration.set("dialog", "profiles_with_value", "caller")
        // Nobody answers there, and requests of examples end at once.
        configuration.set("pua", "outbound_proxy", "sip:127.0.0.1:1;transport=tcp")
        configuration.set("pua_reginfo", "server_address", "sip:127.0.0.1")
        configuration.set("pua_reginfo", "default_domain", "example.com")
        configuration.set("presence_xml", "force_active", 1)
        // What the examples of commands name.
        configuration.set("htable", "htable", "ipban=>size=8;autoexpire=300")
        configuration.set("pv", "shvset", "debug=i:1")
        configuration.set("xhttp_prom", "prom_counter", "name=calls")
        configuration.set("xhttp_prom", "prom_gauge", "name=load")
        configuration.set("xhttp_prom", "prom_histogram", "name=setup_seconds")
        configuration.set("nathelper", "natping_interval", 600)
        configuration.set("app_lua", "load", try folder.write("-- nothing\n", to: "test.lua"))
        let server = try ServerProcess(configuration, folder: folder)
        try server.phone().register("alice", "sip:alice@127.0.0.1")
        return server
    }

    @Test("rpc-schema/openrpc.json is what roost schema prints")
    func isCurrent() throws {
        let outcome = try StartedProgram.run(
            try ToolPath.built("roost"),
            ["schema", "--check", "\(ToolPath.package)/rpc-schema/openrpc.json"])
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test("a server with all modules has exactly the commands that are published")
    func names() throws {
        let server = try server()
        let published = try ReplySchema.published()
        let listed = try server.rpc.call("system.listMethods").items?.compactMap(\.text) ?? []
        #expect(listed.sorted() == published.names)
        let discovered = ReplySchema(try server.rpc.call("rpc.discover"))
        #expect(discovered.names == published.names)
        for name in listed {
            #expect(try server.rpc.call("system.methodHelp", .string(name)).text?.isEmpty == false)
            #expect(try server.rpc.call("system.methodSignature", .string(name)).items != nil)
        }
    }

    @Test("every declared example runs, and its result has the declared shape")
    func examples() throws {
        let server = try server()
        let published = try ReplySchema.published()
        // One that ends the server, and one that is declared to refuse.
        // And those whose examples name what is not there: a transaction, a call, a host, a phone.
        let others = [
            "core.kill", "ctl.more", "tm.cancel", "tm.reply", "tm.reply_callid",
            "dns.lookup", "tm.t_uac_wait", "tm.t_uac_wait_block", "presence.updateWatchers",
            "dlg.dlg_list", "dlg.dlg_list_ctx", "dlg.end_dlg", "dlg.terminate_dlg", "dlg.is_alive",
            "pua.publish",
        ]
        var ran = 0
        for method in published.document["methods"]?.items ?? [] {
            let name = method["name"]?.text ?? ""
            // Nothing was looked up that could be forgotten.
            let forgets = name.hasPrefix("dns.delete_") && !name.hasPrefix("dns.delete_all")
            guard !others.contains(name), !forgets else { continue }
            // Some examples remove her.
            let phone = try server.phone()
            try phone.register(
                RegisterMessage("alice", "sip:alice@127.0.0.1", callID: "\(name)@test"))
            // There is an entry to read and to remove.
            try server.rpc.call("htable.sets", "ipban", "10.0.0.1", "1")
            // There is a change to forget.
            try server.rpc.call("cfg.set_delayed_int", "core", "debug", 1)
            // There is an instance of a group, with a value of its own, to take away.
            if name.hasPrefix("cfg.del") {
                _ = try server.rpc.fault("cfg.add_group_inst", "core[1]")
                try server.rpc.call("cfg.set", "core[1]", "debug", 2)
            }
            let given = method["examples"]?[0]?["params"]?.items ?? []
            var parameters: [JSONValue] = []
            for (place, parameter) in given.enumerated() {
                let value = parameter["value"] ?? .null
                if method["params"]?[place]?["x-rest"] == true {
                    parameters += value.items ?? []
                } else {
                    parameters.append(value)
                }
            }
            // The client compares the result with the schema.
            do {
                _ = try server.rpc.call(name, parameters)
                ran += 1
            } catch {
                Issue.record("\(name) \(parameters): \(error)")
            }
        }
        #expect(ran >= 40)
        #expect(server.faults == [])
    }

    @Test("a mandatory parameter that is missing is named, for every command")
    func missing() throws {
        let server = try server()
        for method in try ReplySchema.published().document["methods"]?.items ?? [] {
            let name = method["name"]?.text ?? ""
            let mandatory = method["params"]?.items?.first { $0["required"] == true }
            guard let mandatory, let parameter = mandatory["name"]?.text else { continue }
            let fault = try #require(try server.rpc.fault(name), "\(name)")
            #expect(
                fault.message.contains(parameter)
                    || fault.data?["parameter"]?.text == parameter, "\(name): \(fault)")
        }
    }
}
