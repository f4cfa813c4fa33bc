import Foundation
import JSONValue
import TestSupport
import Testing

/// Bytes that are no text, on their way through tables and JSON.
@Suite("bytes that are no text", .onThreads)
struct OddTextTests {
    /// A REGISTER whose User-Agent, Call-ID or contact holds bytes that are no UTF-8.
    private func request(
        _ user: String, userAgent: [UInt8], callID: [UInt8] = [], contact: [UInt8] = [],
        from socket: ClientSocket
    ) -> [UInt8] {
        var message = RegisterMessage(user, callID: "@CALL@\(user)")
        message.contacts = ["<sip:\(user)@CONTACT@@192.0.2.1>"]
        message.further = ["User-Agent: @AGENT@"]
        var bytes = Array(message.text(from: socket).utf8)
        for (mark, odd) in [("@AGENT@", userAgent), ("@CALL@", callID), ("@CONTACT@", contact)] {
            guard let range = bytes.firstRange(of: Array(mark.utf8)) else { continue }
            bytes.replaceSubrange(range, with: odd)
        }
        return bytes
    }

    private static let odd: [(String, [UInt8])] = [
        ("latin", Array("Telef".utf8) + [0xf6, 0x6e, 0xe9]),
        ("broken", [0x41, 0xc3, 0x28, 0xff, 0xfe, 0x42]),
        ("surrogate", [0x41, 0xed, 0xa0, 0x80, 0x42]), ("overlong", [0x41, 0xc0, 0x80, 0x42]),
        ("cut", [0x41, 0xf0, 0x9f, 0x93]), ("four", [0x41, 0xf0, 0x9f, 0x93, 0x9e]),
        ("control", [0x41, 0x01, 0x1b, 0x7f, 0x09, 0x42]), ("quotes", Array("\"'\\`\u{2028}".utf8)),
        ("percent", Array("%s%n%00\\0 ${x} $(y) ; -- #".utf8)),
    ]

    @Test(
        "are stored, come back after a restart, and JSON stays valid",
        arguments: TestDatabase.Kind.installed, [1, 2, 3])
    func userAgent(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: mode, database.url)
        let phone = try server.phone()
        var stored: [String] = []
        for (user, bytes) in Self.odd {
            phone.socket.send(request(user, userAgent: bytes, from: phone.socket))
            let reply = try #require(phone.reply(seconds: 5), "\(user)")
            if reply.status == 200 { stored.append(user) }
        }
        #expect(Set(["latin", "four", "quotes", "percent"]).isSubset(of: stored))
        try server.rpc.call("ul.flush")
        #expect(try database.rows().compactMap { $0["username"] } == stored.sorted())
        server.kill()
        try server.start()
        for user in stored {
            let reply = try server.rpc.post(
                RPCClient.request("ul.lookup", ["location", .string(user)]))
            let document = try JSONSerialization.jsonObject(with: Data(reply.body))
            let result = (document as? [String: Any])?["result"] as? [String: Any]
            #expect(result?["AoR"] as? String == user)
        }
        let dump = try server.rpc.post(RPCClient.request("ul.dump", []))
        _ = try JSONSerialization.jsonObject(with: Data(dump.body))
        #expect(server.faults == [])
    }

    @Test("in a Call-ID or contact they are refused or stored whole", arguments: [1, 3])
    func elsewhere(mode: Int) throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: mode, database.url)
        let phone = try server.phone()
        var accepted = 0
        for (user, bytes) in Self.odd {
            for (call, contact) in [(bytes, []), ([], bytes)] {
                let name = "\(user)\(call.isEmpty ? "c" : "i")"
                phone.socket.send(
                    request(
                        name, userAgent: [65], callID: call, contact: contact,
                        from: phone.socket))
                // What cannot be read well enough to be answered is dropped.
                guard let reply = phone.reply(seconds: 0.5), reply.status == 200 else {
                    #expect(try server.uris(of: name) == [], "\(name)")
                    continue
                }
                accepted += 1
                #expect(try server.uris(of: name).count == 1, "\(name)")
            }
        }
        #expect(try database.count() == accepted)
        #expect(server.faults == [])
    }
}
