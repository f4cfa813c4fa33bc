import Basics
import JSONValue
import ModuleKit
import Testing

@testable import Management

@Suite("BINRPC as it was recorded")
struct BINRPCCaptureTests {
    @Test("there are recordings")
    func found() {
        #expect(Capture.all.count == 11)
        #expect(Capture.all.allSatisfy { $0.request.count > 8 && $0.reply.count > 6 })
    }

    @Test(
        "each packet reads, and written again it is the same, byte for byte", arguments: Capture.all
    )
    func roundTrip(capture: Capture) throws {
        for bytes in [capture.request, capture.reply] {
            let packet = try #require(try Packet(bytes))
            var body = BINRPCWriter()
            for value in packet.values { body.value(value) }
            var again = ByteWriter()
            BINRPCHeader(
                packet.header.kind, bodyCount: body.bytes.count, cookie: packet.header.cookie
            ).write(into: &again)
            again.append(body.bytes.span)
            #expect(Array(copying: again.span) == bytes)
        }
    }

    @Test("each request has the words of its command line", arguments: Capture.all)
    func requests(capture: Capture) throws {
        let packet = try #require(try Packet(capture.request))
        #expect(packet.header.kind == .request)
        let words = packet.values.map { value in
            switch value {
            case .int(let number): "\(number)"
            case .string(let text): text
            default: "?"
            }
        }
        let line = capture.command.replacing("s:", with: "").split(separator: " ").dropFirst()
        #expect(words == line.map(String.init))
    }

    @Test("each reply prints as kamcmd printed it", arguments: Capture.all)
    func replies(capture: Capture) throws {
        let packet = try #require(try Packet(capture.reply))
        #expect(try #require(try Packet(capture.request)).header.cookie == packet.header.cookie)
        if packet.header.kind == .fault {
            guard packet.values.count == 2, case .int(let code) = packet.values[0],
                case .string(let text) = packet.values[1]
            else {
                Issue.record("a fault is a code and a text")
                return
            }
            #expect(capture.printed == "error: \(code) - \(text)\n")
        } else {
            #expect(printed(packet.values) == capture.printed)
        }
    }

    /// The JSON form of a value: structures with nameless or repeated members are arrays.
    private func json(_ value: BINRPCValue) -> JSONValue {
        switch value {
        case .int(let number): return .integer(Int64(number))
        case .string(let text): return .string(text)
        case .double(let number): return .double(number)
        case .bytes, .array: return .null
        case .structure(let items):
            let lists = ["Domains", "AoRs", "Contacts"]
            return .object(
                items.map { item in
                    let name = item.name ?? "?"
                    guard lists.contains(name), case .structure(let inner) = item.value else {
                        return JSONValue.Member(name, json(item.value))
                    }
                    return JSONValue.Member(
                        name,
                        .array(
                            inner.map { .object([.init($0.name ?? "?", json($0.value))]) }))
                })
        }
    }

    @Test(
        "the JSON form of each result becomes the recorded bytes",
        arguments: Capture.all.filter { $0.reply[1] >> 4 == 1 })
    func transcribed(capture: Capture) throws {
        let packet = try #require(try Packet(capture.reply))
        let result: JSONValue =
            packet.values.count == 1
            ? json(packet.values[0]) : .array(packet.values.map { json($0) })
        let outcome = packet.values.isEmpty ? RPCOutcome.done : .value(result)
        let page = try #require(BINRPCReply(outcome, limit: 100_000).nextPage())
        #expect(page.isLast)
        let count = capture.reply.count - packet.header.bodyCount
        #expect(Array(page.pieces.joined()) == Array(capture.reply[count...]))
    }
}
