import Foundation
import JSONValue
import TestSupport
import Testing

/// The messages of RFC 4475 over the wire: each gets a reply that its list allows.
@Suite("RFC 4475 over UDP", .onThreads)
struct TortureOverUDPTests {
    private struct Row {
        let file: String
        let answers: Set<String>
        let why: String
    }

    private static func rows(_ folder: String) throws -> [Row] {
        TemporaryFolder.text(at: "\(folder)/EXPECT.tsv").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .map { line in
                let cells = line.split(separator: "\t").map(String.init)
                let answers = cells[2].split(separator: ",").map(String.init)
                return Row(file: cells[0], answers: Set(answers), why: cells[3])
            }
    }

    @Test("every message gets a listed reply, and the server lives on")
    func all() throws {
        // Vias name ports of others, so replies are asked to come back to where requests left.
        let server = try ServerProcess {
            $0.globals.append("force_rport=yes")
            $0.set("registrar", "min_expires", 0)
        }
        let folder = "\(ToolPath.package)/Tests/Torture"
        let rows = try Self.rows(folder)
        #expect(rows.count == 49)
        for row in rows {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(row.file)"))
            let phone = try server.phone()
            phone.socket.send([UInt8](data))
            let isSilent = row.answers == ["none"]
            let reply = phone.reply(seconds: isSilent ? 0.3 : 3)
            guard let reply else {
                #expect(row.answers.contains("none"), "\(row.file) got no reply: \(row.why)")
                continue
            }
            let isListed =
                row.answers.contains("\(reply.status)")
                || row.answers.contains("any") && reply.status >= 200
                || row.answers.contains("accept") && reply.status != 400
            #expect(isListed, "\(row.file) got \(reply.status) \(reply.reason): \(row.why)")
        }
        #expect(try server.phone().options().status == 200)
        #expect(server.faults == [])
        // Nothing of the messages that were refused is bound.
        for contact in try server.everything().values {
            let uri = contact.first { $0.name == "Address" }?.value.text ?? ""
            #expect(uri.hasPrefix("sip:") || uri.hasPrefix("sips:") || uri.contains(":"), "\(uri)")
        }
    }

    @Test("noise, cut and doubled messages are survived")
    func noise() throws {
        let server = try ServerProcess()
        let phone = try server.phone()
        var random = SystemRandomNumberGenerator()
        let folder = "\(ToolPath.package)/Tests/Torture"
        for row in try Self.rows(folder) {
            let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(row.file)")))
            for _ in 0..<20 {
                var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
                for _ in 0..<Int.random(in: 0...8) where !bytes.isEmpty {
                    bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255)
                }
                if Bool.random() { bytes += whole }
                if bytes.count > 60_000 { bytes = Array(bytes.prefix(60_000)) }
                phone.socket.send(bytes)
            }
        }
        #expect(try server.phone().options().status == 200)
        #expect(try server.phone().register("alice", "sip:alice@192.0.2.1").status == 200)
        #expect(server.faults == [])
        #expect(server.isRunning)
    }
}
