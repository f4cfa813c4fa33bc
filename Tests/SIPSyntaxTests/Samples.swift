import Basics
import Foundation
import SIPSyntax

/// Messages that the tests share, and short ways to ask about them.
enum Sample {
    /// A REGISTER as a phone sends it.
    static let register = lines(
        "REGISTER sip:example.com SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.4:5062;branch=z9hG4bK776asdhds;rport",
        "Max-Forwards: 70",
        "From: \"Alice\" <sip:alice@example.com>;tag=456248",
        "To: Alice <sip:alice@example.com>",
        "Call-ID: 843817637684230@998sdasdh09",
        "CSeq: 1826 REGISTER",
        "Contact: <sip:alice@192.0.2.4:5062;transport=udp>;expires=600;q=0.5;reg-id=1"
            + ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"",
        "Supported: path, gruu, outbound",
        "Allow: INVITE, ACK, BYE",
        "User-Agent: Phone/1.0",
        "Expires: 3600",
        "Content-Length: 0", "", "")

    /// Lines joined with CR LF.
    static func lines(_ lines: String...) -> String { lines.joined(separator: "\r\n") }

    /// A REGISTER whose header fields are given, behind the mandatory ones.
    static func request(_ extra: String..., method: String = "REGISTER") -> String {
        ([
            "\(method) sip:example.com SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK77",
            "From: <sip:a@example.com>;tag=1", "To: <sip:a@example.com>", "Call-ID: c@d",
            "CSeq: 1 \(method)",
        ] + extra + ["", ""]).joined(separator: "\r\n")
    }

    /// The folder of the tests, found from this file.
    static let testsFolder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The files of a folder under Tests whose names end in a suffix, in order.
    static func files(_ folder: String, suffix: String = "") throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: testsFolder.appending(path: folder), includingPropertiesForKeys: nil
        ).filter { $0.lastPathComponent.hasSuffix(suffix) && !$0.lastPathComponent.hasPrefix(".") }
            .sorted { $0.path < $1.path }
    }
}

/// A message of a text; throws what loading it throws.
func loaded(_ text: String) throws(SyntaxError) -> SIPMessage {
    var message = SIPMessage()
    let bytes = Array(text.utf8)
    try message.load(bytes.span)
    return message
}

/// The error of loading and validating a text, nil when it is accepted.
func fault(of text: String) -> SyntaxError? {
    var message = SIPMessage()
    let bytes = Array(text.utf8)
    do throws(SyntaxError) {
        try message.load(bytes.span)
        try message.validate()
        return nil
    } catch {
        return error
    }
}

/// What becomes of a text.
func verdict(_ text: String) -> Verdict {
    var message = SIPMessage()
    let bytes = Array(text.utf8)
    return message.receive(bytes.span)
}

extension SIPMessage {
    /// The text of a part, nil for no part.
    func text(_ range: ByteRange?) -> String? {
        range.map { String(copying: self[$0]) }
    }

    /// All values of a header field as texts.
    func texts(_ name: HeaderName) -> [String] {
        var found: [String] = []
        var values = values(name)
        while let value = values.next() { found.append(String(copying: bytes.part(value))) }
        return found
    }
}

/// Calls a function with a literal's bytes.
func with<R, E: Error>(_ text: String, _ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    let bytes = Array(text.utf8)
    return try body(bytes.span)
}

/// The part of a text that a range covers.
func cut(_ text: String, _ range: ByteRange?) -> String? {
    range.map { String(decoding: Array(text.utf8)[$0.indices], as: UTF8.self) }
}
