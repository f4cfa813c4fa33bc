import JSONValue
import TestSupport
import Testing

/// Requests that are sent on to names (RFC 3263), by a whole server and a name server of the test.
@Suite("names", .onThreads)
struct NameTests {
    /// A server that asks a name server of the test, and sends everything on.
    private static func server(
        _ names: LoopbackNameServer, globals: [String] = []
    ) throws -> ServerProcess {
        try ServerProcess {
            $0.globals += ["dns_servers=\"127.0.0.1:\(names.port)\"", "dns_retr_no=1"] + globals
            $0.routes = """
                request_route {
                    if ($rm == "OPTIONS") { sl_send_reply("200", "OK"); exit; }
                    if (!forward()) sl_send_reply("503", "No Way On");
                }
                """
        }
    }

    @Test("a request finds its way by NAPTR, SRV and address, and the next one without asking")
    func way() throws {
        let listener = try SIPListener()
        let names = try LoopbackNameServer(
            """
            way.test NAPTR 1 1 s SIP+D2U _sip._udp.way.test
            _sip._udp.way.test SRV 0 0 \(listener.port) host.way.test
            host.way.test A 127.0.0.1
            """)
        let server = try Self.server(names)
        let phone = try server.phone()
        for number in 1...2 {
            phone.send(
                phone.request("MESSAGE", "sip:bob@way.test", callID: "way\(number)@test"))
            let request = try #require(listener.incoming())
            #expect(request.uri == "sip:bob@way.test")
            #expect(request["Max-Forwards"] == "69")
            #expect(request.values("Via").count == 2)
            listener.send(request.reply(200, "OK"))
            #expect(phone.reply(seconds: 10)?.status == 200)
        }
        #expect(
            names.questions == ["way.test 35", "_sip._udp.way.test 33", "host.way.test 1"])
        let kept = try server.rpc.call("dns.view").items ?? []
        #expect(kept.count == 3)
        #expect(kept.contains { $0["name"]?.text == "host.way.test" && $0["type"]?.text == "A" })
    }

    @Test("what the script has done to a request stays with it while a name is looked up")
    func changes() throws {
        let listener = try SIPListener()
        let names = try LoopbackNameServer("host.way.test A 127.0.0.1")
        let server = try ServerProcess {
            $0.globals.append("dns_servers=\"127.0.0.1:\(names.port)\"")
            $0.routes = """
                request_route {
                    if ($rm == "OPTIONS") { sl_send_reply("200", "OK"); exit; }
                    append_hf("X-Kept: yes\\r\\n");
                    remove_hf("Subject");
                    $rU = "carol";
                    forward("host.way.test", \(listener.port));
                }
                """
        }
        let phone = try server.phone()
        phone.send(
            phone.request(
                "MESSAGE", "sip:bob@example.com", callID: "kept@test", further: ["Subject: no"],
                body: "hello"))
        let request = try #require(listener.incoming())
        #expect(request.uri == "sip:carol@example.com")
        #expect(request["X-Kept"] == "yes")
        #expect(request["Subject"] == nil)
        #expect(request.body == "hello")
    }

    @Test("a name that leads nowhere is 478")
    func nowhere() throws {
        let names = try LoopbackNameServer("")
        let server = try Self.server(names)
        let phone = try server.phone()
        let text = phone.request("MESSAGE", "sip:bob@nowhere.test", callID: "nowhere@test")
        #expect(try phone.request(text).status == 478)
    }

    @Test("the server answers others while a name server is silent, and stops in time")
    func silent() throws {
        let names = try LoopbackNameServer("slow.test DROP")
        let server = try Self.server(names, globals: ["dns_retr_time=20"])
        let phone = try server.phone()
        for number in 0..<50 {
            phone.send(
                phone.request("MESSAGE", "sip:bob@slow.test", callID: "slow\(number)@test"))
        }
        #expect(try phone.options().status == 200)
        #expect(eventually(within: 10) { !names.questions.isEmpty })
        #expect(names.questions.count == 1)
        #expect(server.stop() == 0)
    }

    @Test("management looks names up, shows them and forgets them")
    func management() throws {
        let names = try LoopbackNameServer(
            """
            host.test 60 A 192.0.2.1
            _sip._udp.test SRV 1 2 5070 host.test
            """)
        let server = try Self.server(names)
        let found = try server.rpc.call("dns.lookup", "A", "Host.Test")
        #expect(found["records"]?[0]?["address"]?.text == "192.0.2.1")
        let service = try server.rpc.call("dns.lookup", "srv", "_sip._udp.test")
        #expect(service["records"]?[0]?["port"]?.integer == 5070)
        #expect(try server.rpc.call("dns.view").items?.count == 2)
        _ = try server.rpc.call("dns.delete_a", "host.test")
        #expect(try server.rpc.call("dns.view").items?.count == 1)
        #expect(try server.rpc.call("dns.delete_all")["status"]?.text == "ok")
        #expect(try server.rpc.call("dns.view").items?.isEmpty == true)
        for (type, name, message) in [
            ("MX", "host.test", "Invalid type"), ("A", "none.test", "Not found"),
            ("A", "a b", "Not found"),
        ] {
            do {
                _ = try server.rpc.call("dns.lookup", .string(type), .string(name))
                Issue.record("\(type) \(name) was found")
            } catch let fault as RPCFault {
                #expect(fault.message == message)
            }
        }
    }

    @Test("dns_servers takes addresses and nothing else")
    func servers() throws {
        var configuration = ServerConfiguration()
        configuration.globals.append("dns_servers=\"ns.test\"")
        let ports = try FreePorts.take(2)
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: ports[0], httpPort: ports[1]))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("dns_servers: \"ns.test\" is no address"))
    }
}
