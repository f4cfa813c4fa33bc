import Basics
import ModuleKit
import Path
import RR
import RouteScript
import Testing

private let modules = [ModuleBlueprint(PathModule.self)]

/// The Path lines of a request that a script has changed, behind what it notes.
private func paths(
    _ call: String, settings: String = "", message: String = ScriptRig.request,
    origin: (TransportProtocol, PeerAddress) = (.udp, PeerAddress(ipv4: 0x0a01_0203, port: 5070))
) throws -> [String] {
    let before = settings.split(separator: ";").map { setting in
        let words = setting.split(separator: " ")
        let value = Int(words[1]) == nil ? "\"\(words[1])\"" : String(words[1])
        return "modparam(\"path\", \"\(words[0])\", \(value))\n"
    }.joined()
    let rig = try ScriptRig("\(call); note(\"$rc\");", before: before, further: modules)
    let notes = try rig.run(
        message, transport: origin.0, connection: origin.0 == .udp ? -1 : 3, source: origin.1)
    return notes
        + rig.rendered().split(separator: "\n").filter { $0.hasPrefix("Path: ") }
        .map { String($0.dropFirst(6)) }
}

private let version6 = PeerAddress(high: 0x2001_0db8_0000_0000, low: 0x42, port: 4061)

@Suite("Module path: further cases")
struct PathEdgeTests {
    @Test(
        "users and parameters may be computed, escaped, and empty",
        arguments: [
            ("add_path(\"$rU\")", "<sip:carol@sip.example.com:5060;lr>"),
            ("add_path(\"a%40b\")", "<sip:a%40b@sip.example.com:5060;lr>"),
            ("add_path(\"\", \"\")", "<sip:sip.example.com:5060;lr>"),
            ("add_path(\"+49(30)\")", "<sip:+49(30)@sip.example.com:5060;lr>"),
            ("add_path($rU, \"x=$rp\")", "<sip:carol@sip.example.com:5060;lr;x=5080>"),
            ("add_path(\"\", \"a;b=%20;c\")", "<sip:sip.example.com:5060;lr;a;b=%20;c>"),
            (
                "add_path_received(\"\", \";ob\")",
                "<sip:sip.example.com:5060;lr;received=sip:10.1.2.3:5070;ob>"
            ),
        ])
    func texts(call: String, expected: String) throws {
        #expect(try paths(call) == ["1", expected])
    }

    @Test(
        "what could end the URI or the line is refused, wherever it comes from",
        arguments: ["<", ">", "\"", " ", ",", "\\r\\n", "\\t", "ü", "a@b", "\u{7f}"])
    func hostile(text: String) throws {
        let value = "$var(t) = \"\(text == "\"" ? "\\\"" : text)\"; "
        for call in ["add_path", "add_path_received"] {
            if text != "," {
                #expect(try paths(value + call + "(\"$var(t)\")") == ["-1"], "\(call)")
            }
            #expect(try paths(value + call + "(\"\", \"$var(t)\")") == ["-1"], "\(call)")
        }
    }

    @Test("an argument without a value fails the call")
    func missing() throws {
        #expect(try paths("add_path($hdr(None))").first == "-1")
        #expect(try paths("add_path(\"u\", $hdr(None))").first == "-1")
    }

    @Test(
        "the address of the client is written for each transport and family",
        arguments: [
            (TransportProtocol.udp, "sip:[2001:db8::42]:4061", "2001:db8::42~4061~1"),
            (.tcp, "sip:[2001:db8::42]:4061%3Btransport%3Dtcp", "2001:db8::42~4061~2"),
            (.tls, "sip:[2001:db8::42]:4061%3Btransport%3Dtls", "2001:db8::42~4061~3"),
            (.ws, "sip:[2001:db8::42]:4061%3Btransport%3Dws", "2001:db8::42~4061~5"),
        ])
    func addresses(transport: TransportProtocol, long: String, short: String) throws {
        for (format, expected) in [(0, long), (1, short)] {
            let found = try paths(
                "add_path_received()", settings: "received_format \(format)",
                origin: (transport, version6))
            #expect(found.count == 2)
            #expect(found.last?.contains(";received=\(expected)>") == true, "\(found)")
        }
    }

    @Test("two calls write two fields, both in front of those that came")
    func twice() throws {
        let found = try paths(
            "add_path(\"a\"); add_path(\"b\")", message: adding("Path: <sip:old;lr>"))
        #expect(found.count == 4)
        #expect(found.last == "<sip:old;lr>")
        #expect(found.contains("<sip:a@sip.example.com:5060;lr>"))
        #expect(found.contains("<sip:b@sip.example.com:5060;lr>"))
    }

    @Test(
        "what was received is followed to the client, and only when it is an address",
        arguments: [
            ("received=sip:[2001:db8::42]:4061", "sip:[2001:db8::42]:4061"),
            ("received=2001:db8::42~4061~2", "sip:[2001:db8::42]:4061;transport=tcp"),
            ("received=1.2.3.4~5~1", "sip:1.2.3.4:5"), ("received=1.2.3.4~5~7", nil),
            ("received=1.2.3.4~65536~1", nil), ("received=~~", nil), ("received=tel:+1", nil),
            ("x=sip:1.2.3.4", nil),
        ] as [(String, String?)])
    func following(parameter: String, expected: String?) throws {
        let rig = try ScriptRig(
            "loose_route(); note(\"$du\");",
            before: "modparam(\"path\", \"use_received\", 1)\n", further: modules)
        let found = try rig.run(adding("Route: <sip:example.com;lr;\(parameter)>"))
        #expect(found == [expected ?? "<null>"])
    }

    @Test(
        "wrong arguments, settings and places are refused when the script is loaded",
        arguments: [
            ("add_path(\"a\", \"b\", \"c\");", "", "takes 0 to 2 arguments"),
            ("add_path_received(\"a\", \"b\", \"c\");", "", "takes 0 to 2 arguments"),
            ("exit;", "reply_route { add_path(); }", "cannot be called in this block"),
            ("exit;", "reply_route { add_path_received(); }", "cannot be called in this block"),
            ("exit;", "modparam(\"path\", \"use_received\", 2)", "must be from 0 to 1"),
            ("exit;", "modparam(\"path\", \"enable_r2\", \"yes\")", "enable_r2"),
            ("exit;", "modparam(\"path\", \"received_name\", 1)", "received_name"),
            ("exit;", "modparam(\"path\", \"received_format\", -1)", "received_format"),
        ])
    func wrong(statement: String, before: String, expected: String) {
        let error = scriptError(statement, before: before + "\n", further: modules)
        #expect(error.contains(expected), "\(error)")
    }

    @Test("a reply gets no Path")
    func reply() throws {
        let rig = try ScriptRig("add_path(); note(\"$rc\");", further: modules)
        #expect(try rig.run(ScriptRig.reply) == ["-1"])
        #expect(rig.context.edits.isEmpty)
    }
}
