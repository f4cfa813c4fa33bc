import Basics
import Foundation
import SIPSyntax
import Testing

/// The messages of RFC 4475 with what EXPECT.tsv asks of each.
@Suite("RFC 4475")
struct TortureTests {
    /// One row of EXPECT.tsv.
    struct Row: Sendable, CustomTestStringConvertible {
        var file: String
        var answers: Set<String>
        var why: String
        var testDescription: String { file }
    }

    static let rows: [Row] = {
        let url = Sample.testsFolder.appending(path: "Torture/EXPECT.tsv")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let columns = line.split(separator: "\t").map(String.init)
            return Row(
                file: columns[0], answers: Set(columns[2].split(separator: ",").map(String.init)),
                why: columns[3])
        }
    }()

    /// Rows whose answer is not a matter of syntax: the response without a transaction is dropped
    /// later, extensions are refused with the help of `writeUnsupported`.
    static let later: Set<String> = ["unreason.dat", "noreason.dat", "bcast.dat", "bext01.dat"]

    @Test("all 49 messages are there")
    func complete() throws {
        #expect(Self.rows.count == 49)
        #expect(try Sample.files("Torture", suffix: ".dat").count == 49)
    }

    @Test("each message gets a listed answer", arguments: rows)
    func answer(row: Row) throws {
        let url = Sample.testsFolder.appending(path: "Torture/\(row.file)")
        let bytes = [UInt8](try Data(contentsOf: url))
        var message = SIPMessage()
        let verdict = message.receive(bytes.span)
        switch verdict {
        case .accept:
            let allowed: Set = ["accept", "any"]
            let isListed = !row.answers.isDisjoint(with: allowed) || Self.later.contains(row.file)
            #expect(isListed, "\(row.why)")
        case .refuse(let error):
            let code = "\(error.status)"
            let isListed = row.answers.contains(code) || row.answers.contains("any")
            #expect(isListed, "\(error): \(row.why)")
        case .drop(let error):
            #expect(row.answers.contains("none"), "\(error): \(row.why)")
        case .keepAlive:
            Issue.record("taken for a keep-alive")
        }
    }

    @Test("unknown extensions are listed for the 420")
    func extensions() throws {
        let url = Sample.testsFolder.appending(path: "Torture/bext01.dat")
        let bytes = [UInt8](try Data(contentsOf: url))
        var message = SIPMessage()
        try message.load(bytes.span)
        var writer = ByteWriter()
        let count = message.writeUnsupported(.require, into: &writer) { $0.matches("path") }
        #expect(count == 2)
        #expect(writer.text == "nothingSupportsThis, nothingSupportsThisEither")
        writer.removeAll()
        message.writeUnsupported(.proxyRequire, into: &writer) { _ in false }
        #expect(writer.text == "noProxiesSupportThis, norDoAnyProxiesSupportThis")
    }

    @Test("the folded and abbreviated message is read right")
    func oddWhiteSpace() throws {
        let url = Sample.testsFolder.appending(path: "Torture/wsinv.dat")
        let bytes = [UInt8](try Data(contentsOf: url))
        var message = SIPMessage()
        try message.load(bytes.span)
        let to = try message.to
        #expect(message.text(to?.uri) == "sip:vivekg@chair-dnrc.example.com")
        #expect(message.text(to?.tag) == "1918181833n")
        let from = try message.from
        #expect(message.text(from?.displayName) == "\"J Rosenberg \\\\\\\"\"")
        #expect(message.text(from?.tag) == "98asjd8")
        #expect(message.maxForwards == .value(68))
        #expect(try message.cSeq?.number == 9)
        var branches: [String?] = []
        var transports: [String?] = []
        var vias = message.vias
        while let via = try vias.next() {
            branches.append(message.text(via.branch))
            transports.append(message.text(via.transport))
        }
        #expect(branches == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
        #expect(transports == ["UDP", "TCP", "UDP"])
        var contacts = message.contacts
        let contact = try contacts.next()
        #expect(contact?.q == .value(330))
        let last = try contacts.next()
        #expect(last == nil)
        #expect(message.body.count == 150)
        var unfolded = ByteWriter()
        let value = with("NewFangledHeader") { message.header(named: $0) }
        message.writeUnfolded(try #require(value), into: &unfolded)
        #expect(unfolded.text == "newfangled value continued newfangled value")
    }

    @Test("bytes behind the body are left out of it")
    func bytesBehind() throws {
        let url = Sample.testsFolder.appending(path: "Torture/dblreq.dat")
        let bytes = [UInt8](try Data(contentsOf: url))
        var message = SIPMessage()
        try message.load(bytes.span)
        #expect(message.method == .register)
        #expect(message.body.isEmpty == true)
        #expect(message.text(message.callID) == "dblreq.0ha0isndaksdj99sdfafnl3lk233412")
    }

    @Test("an unknown parameter belongs to the Contact outside of < > and to the URI inside")
    func unknownParameters() throws {
        for (file, uri) in [
            ("cparam01.dat", "sip:+19725552222@gw1.example.net"),
            ("cparam02.dat", "sip:+19725552222@gw1.example.net;unknownparam"),
        ] {
            let url = Sample.testsFolder.appending(path: "Torture/\(file)")
            let bytes = [UInt8](try Data(contentsOf: url))
            var message = SIPMessage()
            try message.load(bytes.span)
            var contacts = message.contacts
            let contact = try contacts.next()
            #expect(message.text(contact?.uri) == uri)
        }
    }
}
