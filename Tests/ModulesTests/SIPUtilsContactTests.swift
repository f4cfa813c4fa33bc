import ModuleKit
import Testing

/// A message with a Contact that has everything.
private func message(_ contact: String) -> String {
    ScriptRig.request.replacing("Contact: <sip:alice@127.0.0.9>", with: "Contact: \(contact)")
}

private let full = "\"A\" <sip:us:pw@10.0.0.1:5070;transport=tcp;x=1>;q=0.5"

/// The Contact field behind a call, or what the call returns when it fails.
private func contact(_ call: String, _ value: String = full, before: String = "") throws -> String {
    let rig = try ScriptRig("\(call); note(\"$rc\");", before: before)
    let code = try rig.run(message(value)).joined()
    guard code == "1" else { return code }
    let line = rig.rendered().split(separator: "\n").first { $0.hasPrefix("Contact: ") }
    return String(line?.dropFirst(9) ?? "none")
}

@Suite("Module siputils: encoded contacts")
struct SIPUtilsContactTests {
    @Test(
        "the parts of a contact move into the user part of a URI of our own",
        arguments: [
            (full, "\"A\" <sip:pre*us*pw*10.0.0.1*5070*tcp@1.2.3.4>;q=0.5"),
            ("<sip:10.0.0.1:5070>", "<sip:pre***10.0.0.1*5070*@1.2.3.4>"),
            ("sip:us@10.0.0.1;x=y", "sip:pre*us**10.0.0.1**@1.2.3.4;x=y"),
            ("<sip:a@b>, <sip:c@d>;q=1", "<sip:pre*a**b**@1.2.3.4>, <sip:pre*c**d**@1.2.3.4>;q=1"),
            ("<sip:a*b@c>", "-1"), ("<tel:+1>", "-1"), ("*", "-1"), ("\"x", "-1"),
        ])
    func encoding(value: String, expected: String) throws {
        #expect(try contact("encode_contact(\"pre\", \"1.2.3.4\")", value) == expected)
    }

    @Test("a message without Contact has nothing to encode")
    func none() throws {
        let bare = ScriptRig.request.replacing("Contact: <sip:alice@127.0.0.9>\n", with: "")
        for call in [
            "encode_contact(\"pre\", \"1.2.3.4\")", "decode_contact_header()",
            "contact_param_encode(\"nat\", \"sip:x\")", "contact_param_decode(\"nat\")",
            "contact_param_rm(\"x\")",
        ] {
            #expect(try code(call, for: bare) == "-1", "\(call)")
        }
    }

    @Test(
        "the way back gives the contact but for its other parameters",
        arguments: [
            (full, "\"A\" <sip:us:pw@10.0.0.1:5070;transport=tcp>;q=0.5"),
            ("<sip:10.0.0.1:5070>", "<sip:10.0.0.1:5070>"), ("<sip:us@h>", "<sip:us@h>"),
        ])
    func decoding(value: String, expected: String) throws {
        #expect(
            try contact(
                "encode_contact(\"pre\", \"1.2.3.4\"); msg_apply_changes();"
                    + " decode_contact_header()",
                value) == expected)
    }

    @Test(
        "what was not encoded is not decoded",
        arguments: [
            ("sip:pre*us*pw*10.0.0.1*5070*tcp@1.2.3.4", "1 sip:us:pw@10.0.0.1:5070;transport=tcp"),
            ("sip:pre*us*10.0.0.1*5070*tcp@1.2.3.4", "-1"), ("sip:carol@example.com", "-1"),
            ("sip:pre*us*pw**5070*tcp@1.2.3.4", "-1"), ("sip:1.2.3.4", "-1"),
            ("sip:pre*us*pw*h*port*tcp@1.2.3.4", "-1"), ("sip:*******@1.2.3.4", "-1"),
        ])
    func decodingURI(uri: String, expected: String) throws {
        let message = ScriptRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp", with: uri)
        let full = expected == "-1" ? "-1 \(uri)" : expected
        #expect(try noted("decode_contact(); note(\"$rc $ru\");", for: message) == [full])
    }

    @Test("another separator is a matter of a parameter, and must be a character")
    func separator() throws {
        let before = "modparam(\"siputils\", \"contact_flds_separator\", \"-\")\n"
        #expect(
            try contact("encode_contact(\"pre\", \"h\")", "<sip:a@b>", before: before)
                == "<sip:pre-a--b--@h>")
        for value in ["", " "] {
            #expect(throws: StartFailure.self) {
                _ = try ScriptRig(
                    "exit;",
                    before: "modparam(\"siputils\", \"contact_flds_separator\", \"\(value)\")\n")
            }
        }
    }

    @Test("a contact in a parameter comes back whole")
    func parameters() throws {
        let encoded = try contact("contact_param_encode(\"nat\", \"sip:alias\")")
        #expect(
            encoded == "\"A\" <sip:alias;nat="
                + "c2lwOnVzOnB3QDEwLjAuMC4xOjUwNzA7dHJhbnNwb3J0PXRjcDt4PTE>;q=0.5")
        #expect(try contact("contact_param_decode(\"nat\")", encoded) == full)
        #expect(try contact("contact_param_decode(\"other\")", encoded) == "-1")
        #expect(try contact("contact_param_encode(\"nat\", \"\")") == "-1")
        #expect(
            try contact("contact_param_rm(\"x\")")
                == "\"A\" <sip:us:pw@10.0.0.1:5070;transport=tcp>;q=0.5")
        #expect(try contact("contact_param_rm(\"none\")") == full)
    }

    @Test(
        "URIs of every length survive the way through a parameter",
        arguments: ["sip:a", "sip:ab", "sip:abc", "sip:abcd", "sip:\u{7e}~x@y;z=%20"])
    func lengths(uri: String) throws {
        let value = "<\(uri)>"
        let encoded = try contact("contact_param_encode(\"n\", \"sip:h\")", value)
        guard encoded != "-1" else { return }
        #expect(try contact("contact_param_decode(\"n\")", encoded) == value)
    }

    @Test(
        "a request URI that carries a contact is decoded",
        arguments: [
            ("sip:h;n=c2lwOmE", "1 sip:a"), ("sip:h;n=!!", "-1"),
            ("sip:h;n=c", "-1"), ("sip:h;n", "-1"), ("sip:h", "-1"), ("sip:h;n=YQ", "-1"),
        ])
    func decodingParameter(uri: String, expected: String) throws {
        let message = ScriptRig.request.replacing(
            "sip:carol@example.com:5080;transport=tcp", with: uri)
        let full = expected == "-1" ? "-1 \(uri)" : expected
        #expect(
            try noted("contact_param_decode_ruri(\"n\"); note(\"$rc $ru\");", for: message)
                == [full])
    }
}
