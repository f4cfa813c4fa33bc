import Basics
import Testing

@testable import Resolution

@Suite("The file of host names")
struct HostsFileTests {
    static let file = HostsFile(
        text: """
            127.0.0.1\tlocalhost  # the usual
            ::1 localhost ip6-localhost
            192.0.2.1 PBX.example.com pbx
            192.0.2.2 pbx
            192.0.2.2 pbx
            # 192.0.2.9 hidden
            not-an-address name
            192.0.2.3 bad/name good
            192.0.2.4
            """)

    private static func answer(_ name: String, _ type: RecordType) throws -> [String]? {
        let question = try #require(Question(name: name, type: type))
        return file.answer(to: question)?.records.map { record in
            if case .address(let address) = record { address.hostText } else { "?" }
        }
    }

    @Test("names and aliases have their addresses, in any case, each once")
    func names() throws {
        #expect(try Self.answer("pbx.example.com", .a) == ["192.0.2.1"])
        #expect(try Self.answer("PBX", .a) == ["192.0.2.1", "192.0.2.2"])
        #expect(try Self.answer("localhost", .aaaa) == ["::1"])
        #expect(try Self.answer("good", .a) == ["192.0.2.3"])
    }

    @Test("a name without an address of one family has none, and is not asked for elsewhere")
    func family() throws {
        #expect(try Self.answer("pbx", .aaaa) == [])
        #expect(try Self.answer("ip6-localhost", .a) == [])
    }

    @Test("comments, other names and other types are not in the file")
    func absent() throws {
        #expect(try Self.answer("hidden", .a) == nil)
        #expect(try Self.answer("name", .a) == nil)
        #expect(try Self.answer("localhost", .srv) == nil)
    }
}
