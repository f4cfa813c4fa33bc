import Foundation
import JSONValue
import TestSupport
import Testing

/// Debian's kamcmd, as it is installed, against a running server.
@Suite("kamcmd", .onThreads, .enabled(if: ToolPath.installed("kamcmd") != nil))
struct KamcmdTests {
    /// A server that listens for kamcmd in every way.
    private func server(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws -> Served {
        let folder = try TemporaryFolder()
        let port = try FreePorts.take(1)[0]
        var configuration = ServerConfiguration()
        configuration.modules += ["tm", "ctl", "counters", "htable"]
        for address in [
            "unixs:\(folder.file("ctl"))", "unixd:\(folder.file("ctld"))",
            "tcp:127.0.0.1:\(port)", "udp:127.0.0.1:\(port)",
        ] { configuration.set("ctl", "binrpc", address) }
        configuration.set("htable", "htable", "a=>size=4;")
        change(&configuration)
        let server = try ServerProcess(configuration, folder: folder)
        return Served(server: server, folder: folder, port: port)
    }

    /// A server and where kamcmd finds it.
    private struct Served {
        let server: ServerProcess
        let folder: TemporaryFolder
        let port: UInt16
        var addresses: [String] {
            [
                "unixs:\(folder.file("ctl"))", folder.file("ctl"), "unixd:\(folder.file("ctld"))",
                "tcp:127.0.0.1:\(port)", "udp:127.0.0.1:\(port)",
            ]
        }
        /// Runs kamcmd over the stream socket.
        func kamcmd(_ words: String...) throws -> String { try run(addresses[0], words).output }
        func run(_ address: String, _ words: [String]) throws -> StartedProgram.Outcome {
            try StartedProgram.run(
                ToolPath.installed("kamcmd") ?? "kamcmd", ["-s", address] + words, seconds: 30)
        }
    }

    @Test("each of its addresses leads to the server")
    func addresses() throws {
        let served = try server()
        for address in served.addresses {
            let outcome = try served.run(address, ["core.version"])
            #expect(outcome.status == 0 && outcome.output.hasPrefix("roost "), "\(address)")
            // -D says where its own end of a datagram socket is made; /tmp without it.
            #expect(try served.run(address, ["ctl.listen"]).output.contains("unix_dgram"))
        }
        let who = try served.kamcmd("ctl.who")
        #expect(who.contains("unix_stream") && who.contains(served.folder.file("ctl")))
        // The connection before has been closed by kamcmd, and is gone when its thread has seen it.
        #expect(try eventually(within: 10) { try served.kamcmd("ctl.connections") == "1\n" })
    }

    @Test("values, faults and changes are as its users know them")
    func words() throws {
        let served = try server()
        #expect(try served.kamcmd("core.echo", "a", "1", "s:2") == "a\n1\n2\n")
        #expect(try served.kamcmd("cfg.get", "registrar", "max_expires") == "0\n")
        #expect(
            try served.kamcmd("cfg.set_now_int", "registrar", "max_expires", "7200") == "")
        #expect(try served.kamcmd("cfg.get", "registrar", "max_expires") == "7200\n")
        #expect(
            try served.kamcmd("ul.lookup", "location", "nobody")
                == "error: 500 - AOR not found in location table\n")
        #expect(try served.kamcmd("no.such") == "error: 500 - command no.such not found\n")
        #expect(
            try served.kamcmd("stats.get_statistics", "usrloc:")
                .contains("usrloc:location_contacts = 0\n"))
        #expect(try served.kamcmd("tm.stats").contains("\tcurrent: 0\n"))
        // An AoR that reads as a number is one that Kamailio's kamcmd cannot name without s:.
        try served.server.phone().register("1000", "sip:1000@192.0.2.1")
        let found = try served.kamcmd("ul.lookup", "location", "1000")
        #expect(found.hasPrefix("{\n\tAoR: 1000\n\tContacts: {\n\t\tContact: {\n\t\t\tAddress: "))
        #expect(served.server.log.contains("cfg.set_now_int"))
        #expect(served.server.log.contains("by ctl unix:pid "))
    }

    @Test("every command answers, or refuses in a sentence; none breaks the protocol")
    func everything() throws {
        let served = try server()
        let names = try served.kamcmd("system.listMethods").split(separator: "\n").map(String.init)
        #expect(names.count > 80)
        #expect(names == names.sorted())
        // It ends the server.
        for name in names where name != "core.kill" {
            let outcome = try served.run(served.addresses[0], [name])
            #expect(outcome.status == 0, "\(name): \(outcome.output)")
            #expect(!outcome.output.contains("ERROR"), "\(name): \(outcome.output)")
        }
        #expect(served.server.isRunning)
    }

    @Test("its prompt works, with what it asks for completion")
    func prompt() throws {
        let served = try server()
        let outcome = try StartedProgram.run(
            ToolPath.installed("kamcmd") ?? "kamcmd", ["-s", served.addresses[0]],
            input: "core.uptime\n? core.version\nps\nwho\nver\nul.dump brief\nquit\n", seconds: 30)
        #expect(outcome.status == 0)
        for word in ["up_since:", "unix_stream", "roost ", "Domains: {"] {
            #expect(outcome.output.contains(word), "\(word)")
        }
        #expect(!outcome.output.contains("error"), "\(outcome.output)")
    }

    @Test("a dump that is larger than it reads comes in pages, each contact once")
    func pages() throws {
        let served = try server()
        let users = 2_000
        var burst = RegisterBurst(port: served.server.sipPort, users: 0..<users)
        burst.window = 32
        burst.secondsMax = 120
        #expect(try burst.run().statuses == [200: users])
        let first = try served.kamcmd("ul.dump")
        #expect(first.contains("-- there is more: ctl.more p"))
        let word = first.split(separator: " ").last?.split(separator: "\n").first ?? ""
        #expect(try served.kamcmd("ctl.more", String(word)).contains("Address: "))
        let more = String(repeating: "ctl.more\n", count: 40)
        for address in served.addresses {
            let outcome = try StartedProgram.run(
                ToolPath.installed("kamcmd") ?? "kamcmd", ["-s", address],
                input: address.contains("unixs") || address.contains("tcp")
                    || address.hasPrefix("/") ? "ul.dump\n" + more : "ul.dump\n",
                seconds: 60)
            let addresses = outcome.output.split(separator: "\n")
                .filter { $0.contains("Address: ") }
            guard outcome.output.contains("ctl.more"), addresses.count >= users else {
                // Datagrams have no connection to remember a page by.
                #expect(address.contains("unixd") || address.contains("udp"))
                #expect(addresses.count > 50)
                continue
            }
            #expect(addresses.count == users && Set(addresses).count == users)
        }
    }

    @Test("modes and owners hold, and files go with the server")
    func files() throws {
        let served = try server { $0.parameters.append("modparam(\"ctl\", \"mode\", 0620)") }
        for name in ["ctl", "ctld"] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: served.folder.file(name))
            #expect(attributes[.posixPermissions] as? Int == 0o620)
        }
        #expect(served.server.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: served.folder.file("ctl")))
        #expect(!FileManager.default.fileExists(atPath: served.folder.file("ctld")))
        // A server that is killed leaves them; the next one takes their place.
        try served.server.start()
        served.server.kill()
        #expect(FileManager.default.fileExists(atPath: served.folder.file("ctl")))
        try served.server.start()
        #expect(try served.kamcmd("core.version").hasPrefix("roost "))
    }

    @Test("without an address it listens where -Y says")
    func byDefault() throws {
        var configuration = ServerConfiguration()
        configuration.modules.append("ctl")
        let server = try ServerProcess(configuration)
        let outcome = try StartedProgram.run(
            ToolPath.installed("kamcmd") ?? "kamcmd",
            ["-s", "unixs:\(server.folder.file("kamailio_ctl"))", "core.version"], seconds: 30)
        #expect(outcome.output.hasPrefix("roost "))
    }

    @Test(
        "an address that cannot be is an error of the start that names it",
        arguments: ["tcp:127.0.0.1:99999", "unixs:", "unixs:/nonexistent/ctl"])
    func wrong(address: String) throws {
        var configuration = ServerConfiguration()
        configuration.modules.append("ctl")
        configuration.set("ctl", "binrpc", address)
        let ports = try FreePorts.take(2)
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: ports[0], httpPort: ports[1]))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("binrpc") || outcome.output.contains("ctl: cannot bind"))
    }
}
