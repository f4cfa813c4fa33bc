import Basics
import Core
import ModuleKit
import Testing
import Transport

@testable import Server

@Suite("a registrar's script on a worker")
struct WorkerScriptTests {
    private static let script = """
        loadmodule "sl.so"
        loadmodule "pv.so"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        request_route {
            if ($rm == "REGISTER") { save("location"); exit; }
            if ($rm == "OPTIONS") { sl_send_reply("200", "Alive"); exit; }
            if ($rm == "ACK") { exit; }
            sl_send_reply("405", "Method Not Allowed");
        }
        """

    private func register(_ fields: String..., cseq: Int = 4) -> String {
        let lines = (fields + ["Content-Length"]).joined(separator: "\r\n")
        return WorkerRig.request("REGISTER")
            .replacing("CSeq: 4", with: "CSeq: \(cseq)")
            .replacing("Content-Length", with: lines)
    }

    @Test("a phone registers, asks and leaves")
    func life() throws {
        let rig = try WorkerRig(Self.script)
        let added = rig.handle(register("Contact: <sip:a@10.0.0.1>;expires=600")).first?.text ?? ""
        #expect(status(added) == 200)
        #expect(added.contains("\r\nContact: <sip:a@10.0.0.1>;expires=600\r\n"))
        let listed = rig.handle(register(cseq: 5)).first?.text ?? ""
        #expect(listed.contains("<sip:a@10.0.0.1>;expires="))
        let left = rig.handle(register("Contact: *", "Expires: 0", cseq: 6)).first?.text ?? ""
        #expect(status(left) == 200)
        #expect(!left.contains("\r\nContact:"))
        #expect(rig.counters.requests.value == 3)
        #expect(rig.counters.faultyRequests.value == 0)
    }

    @Test(
        "a reply repeats Via, From, Call-ID and CSeq as they came (RFC 3261 8.2.6.2)",
        arguments: ["REGISTER", "OPTIONS", "INVITE", "MESSAGE", "SUBSCRIBE"])
    func repeated(method: String) throws {
        let rig = try WorkerRig(Self.script)
        let text = try #require(rig.handle(WorkerRig.request(method)).first?.text)
        for line in [
            "From: <sip:alice@example.com>;tag=1", "Call-ID: c1", "CSeq: 4 \(method)",
        ] {
            #expect(text.contains("\r\n\(line)\r\n"), "\(line)")
        }
        #expect(text.contains("Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1"))
        #expect(text.hasPrefix("SIP/2.0 "))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test("header fields may be compact and in any case (RFC 3261 7.3.3)")
    func compact() throws {
        let rig = try WorkerRig(Self.script)
        let text = [
            "REGISTER sip:example.com SIP/2.0", "v: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1",
            "f: <sip:alice@example.com>;tag=1", "t: <sip:alice@example.com>", "i: c1",
            "cseq: 4 REGISTER", "m: <sip:a@10.0.0.1>", "EXPIRES: 90", "l: 0", "", "",
        ].joined(separator: "\r\n")
        let reply = rig.handle(text).first?.text ?? ""
        #expect(status(reply) == 200)
        #expect(reply.contains("<sip:a@10.0.0.1>;expires=90"))
    }

    @Test("a reply goes back the way that the request came", arguments: [false, true])
    func way(isStream: Bool) throws {
        let rig = try WorkerRig(Self.script)
        let sent = rig.handle(WorkerRig.request("OPTIONS"), transport: isStream ? .tcp : .udp)
        let target = try #require(sent.first?.to)
        #expect(target.transport == (isStream ? .tcp : .udp))
        #expect(target.connection == (isStream ? 5 : -1))
        #expect(target.socket == SocketIndex(0))
    }

    @Test("ACK is never answered (RFC 3261 17.1.1.3)")
    func acknowledgement() throws {
        let rig = try WorkerRig(Self.script)
        #expect(rig.handle(WorkerRig.request("ACK")).isEmpty)
        #expect(rig.counters.requests.value == 1)
    }

    @Test("a worker goes on after anything that is no message")
    func afterNoise() throws {
        let rig = try WorkerRig(Self.script)
        for noise in [
            "", " ", "\r\n\r\n", "REGISTER", "REGISTER sip:h SIP/2.0\r\n",
            "REGISTER sip:h SIP/2.0\r\n\r\n", String(repeating: "x", count: 5_000),
            String(repeating: "\r\n", count: 500), "SIP/2.0 200 OK\r\n\r\n",
        ] {
            rig.handle(noise)
            let reply = rig.handle(WorkerRig.request("OPTIONS")).first?.text
            #expect(statusLine(reply) == "SIP/2.0 200 Alive")
        }
    }

    @Test("a message that is cut anywhere stores nothing and stops nobody")
    func truncated() throws {
        let rig = try WorkerRig(Self.script)
        let whole = register("Contact: <sip:a@10.0.0.1>;expires=600")
        let bytes = Array(whole.utf8)
        for length in stride(from: 1, to: bytes.count - 3, by: 3) {
            let part = String(copying: bytes.span.extracting(first: length))
            for sent in rig.handle(part) { #expect(status(sent.text) >= 400, "\(length)") }
        }
        #expect(status(rig.handle(whole).first?.text) == 200)
    }

    @Test("without a server header replies name nobody")
    func nameless() throws {
        let rig = try WorkerRig(Self.script, header: "")
        let text = rig.handle(WorkerRig.request("OPTIONS")).first?.text ?? ""
        #expect(status(text) == 200)
        #expect(!text.contains("\r\nServer:"))
    }

    @Test("what one request after the other registers is listed together")
    func together() throws {
        let rig = try WorkerRig(Self.script)
        for number in 0..<10 {
            let text = register("Contact: <sip:p\(number)@10.0.0.1>;expires=600", cseq: 10 + number)
            #expect(status(rig.handle(text).first?.text) == 200)
        }
        let listed = rig.handle(register(cseq: 30)).first?.text ?? ""
        for number in 0..<10 { #expect(listed.contains("<sip:p\(number)@10.0.0.1>")) }
    }
}

@Suite("the reference page of one module")
struct ModulePageTests {
    @Test(
        "a module's page has the sections that it needs and no empty ones",
        arguments: [
            ("usrloc", ["Parameters", "Commands", "Statistics", "Tables"]),
            ("registrar", ["Parameters", "Functions", "Variables", "Event routes", "Statistics"]),
            ("db_sqlite", []), ("db_mysql", []),
        ] as [(String, [String])])
    func sections(name: String, sections: [String]) throws {
        let page = try #require(ModulePages.page(name))
        let found = page.split(separator: "\n").filter { $0.hasPrefix("## ") }
            .map { String($0.dropFirst(3)) }
        #expect(found == sections)
    }

    @Test("the event route of expiry is on the page, with what it shows")
    func eventRoute() throws {
        let page = try #require(ModulePages.page("registrar"))
        #expect(page.contains("- `usrloc:contact-expired`: "))
        #expect(page.contains("$ulc(exp=>...) shows it"))
    }

    @Test(
        "a parameter's line says type, range and default",
        arguments: [
            ("usrloc", "db_mode", "Integer, 0 to 4."), ("usrloc", "timer_interval", "Default 60."),
            ("usrloc", "preload", "May be given several times."),
            ("registrar", "default_q", "Integer, -1 to 1000."),
            ("registrar", "realm_prefix", "String."), ("registrar", "max_contacts", "Default 0."),
        ])
    func line(module: String, parameter: String, words: String) throws {
        let page = try #require(ModulePages.page(module))
        let line = page.split(separator: "\n").first { $0.hasPrefix("- `\(parameter)`: ") }
        #expect(line?.contains(words) == true, "\(line ?? "none")")
    }
}
