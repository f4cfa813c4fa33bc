import Basics
import JSONValue
import Logging
import ModuleKit
import Testing

@testable import Management

@Suite("BINRPC requests")
struct BINRPCServiceTests {
    private let caller = RPCCaller(channel: "ctl", address: "test")

    private func service(
        _ others: [BoundMethod] = [], bodyBytesMax: Int? = nil, audit: AuditLog = AuditLog()
    ) -> BINRPCService {
        let commands = [
            SampleCommands.subtract, SampleCommands.sum, SampleCommands.data,
            SampleCommands.mixed, SampleCommands.fail, SampleCommands.plain,
            SampleCommands.dump(),
        ]
        return BINRPCService(
            CommandRunner(
                registry: CommandRegistry(commands + others), audit: audit,
                logger: Logger(label: "test") { _ in Silence() }),
            bodyBytesMax: bodyBytesMax)
    }

    /// A request as kamcmd packs it.
    private func request(_ values: BINRPCValue..., cookie: UInt32 = 7) -> [UInt8] {
        var body = BINRPCWriter()
        for value in values { body.value(value) }
        var packet = ByteWriter()
        BINRPCHeader(.request, bodyCount: body.bytes.count, cookie: cookie).write(into: &packet)
        packet.append(body.bytes.span)
        return Array(copying: packet.span)
    }

    private func exchange(_ service: BINRPCService, _ bytes: [UInt8]) throws -> Packet {
        let answer = service.answer(bytes.span, from: caller)
        return try #require(try Packet(answer))
    }

    @Test("a command is run with its parameters, and the cookie comes back")
    func call() throws {
        let packet = try exchange(
            service(), request(.string("subtract"), .int(42), .int(23), cookie: 0xFFFF_FFFF))
        #expect(packet.header.kind == .reply && packet.header.cookie == 0xFFFF_FFFF)
        #expect(packet.values == [.int(19)])
    }

    @Test("a page for kamcmd leaves with its header in one piece, a longer reply does not")
    func pieces() throws {
        let service = service()
        func answer(_ limit: Int) throws -> BINRPCService.Answer {
            let packet = request(.string("dump"), .int(20_000))
            let found = try BINRPCHeader.read(packet.span)
            let (header, count) = try #require(found)
            return service.answer(
                header, packet.span.extracting(count..<packet.count), caller, limit: limit,
                last: nil)
        }
        let page = try answer(Limits.kamcmdReplyBytesMax - BINRPCHeader.bytesMax)
        #expect(page.pieces.count == 1 && page.more != nil && page.rest != nil)
        #expect(page.pieces[0].count <= Limits.kamcmdReplyBytesMax)
        let packet = page.pieces[0]
        let found = try BINRPCHeader.read(packet.span)
        let (header, count) = try #require(found)
        #expect(header.bodyCount == packet.count - count)
        let whole = try answer(Limits.binrpcBodyBytesMax)
        #expect(whole.pieces.count > 1 && whole.more == nil && whole.rest == nil)
    }

    @Test("numbers pass for strings that hold them, and the reverse")
    func conversions() throws {
        let packet = try exchange(service(), request(.string("mixed"), .int(1000), .string("0.5")))
        #expect(packet.values.first == .string("1000"))
        let sum = try exchange(service(), request(.string("sum"), .string("1"), .double(2)))
        #expect(sum.values == [.int(3)])
    }

    @Test("nothing to say is an empty reply")
    func nothing() throws {
        let packet = try exchange(service(), request(.string("done")))
        #expect(packet.header.kind == .reply && packet.values == [])
    }

    @Test(
        "a refusal is a fault with a code that callers of kamcmd know",
        arguments: [
            ([BINRPCValue.string("no.such")], 500, "command no.such not found"),
            ([.string("fail")], 404, "AOR not found"),
            ([.string("mixed")], 500, "mixed: parameter 1, \"table\", is missing"),
            ([.string("subtract"), .string("x"), .int(1)], 400, "subtract: parameter"),
            ([.string("done"), .int(1)], 400, "done takes at most 0 parameters"),
            ([.int(5)], 400, "bad request method: record doesn't match type"),
            ([], 400, "bad request method"),
            ([.string("sum"), .structure([])], 400, "error at parameter 0: expected a number"),
            ([.string("sum"), .int(1), .bytes([1])], 400, "error at parameter 1"),
            ([.string("ctl.more")], 404, "nothing was cut"),
            ([.string("ctl.more"), .string("p1")], 404, "nothing more under this word"),
        ])
    func faults(values: [BINRPCValue], code: Int32, text: String) throws {
        var body = BINRPCWriter()
        for value in values { body.value(value) }
        var bytes = ByteWriter()
        BINRPCHeader(.request, bodyCount: body.bytes.count, cookie: 9).write(into: &bytes)
        bytes.append(body.bytes.span)
        let packet = try exchange(service(), Array(copying: bytes.span))
        #expect(packet.header.kind == .fault && packet.header.cookie == 9)
        #expect(packet.values.first == .int(code))
        guard case .string(let found)? = packet.values.last else { return }
        #expect(found.hasPrefix(text), "\(found)")
    }

    @Test(
        "a packet that cannot be read gets a fault in Kamailio's words",
        arguments: [
            ("00", "corrupted packet"), ("a1 10 00 00", "corrupted packet"),
            ("a1 00 05 01 51", "end of packet encountered"), ("a1", "end of packet encountered"),
            ("a1 0c 00 01 00 00 01", "buffer too small (overflow)"),
        ])
    func unreadable(bytes: String, text: String) throws {
        let packet = try exchange(service(), hexadecimal(bytes))
        #expect(packet.header.kind == .fault)
        #expect(packet.values == [.int(400), .string("bad request: \(text)")])
    }

    @Test("a long fault is cut to 255 bytes between two characters")
    func longFault() throws {
        let text = String(repeating: "é", count: 300)
        let packet = try #require(
            try Packet(BINRPCService.fault(500, text, cookie: 1)))
        #expect(packet.values.last == .string(String(repeating: "é", count: 127)))
    }

    @Test("a large reply comes in pages, each by the word of the one before")
    func pages() throws {
        let service = service(bodyBytesMax: 4_096)
        var packet = try exchange(service, request(.string("dump"), .int(300)))
        var records: [BINRPCValue] = []
        var count = 1
        while case .string(let note)? = packet.values.last, note.hasPrefix("-- there is more") {
            #expect(packet.header.bodyCount <= 4_096)
            records += packet.values.dropLast()
            let word = String(note.split(separator: " ").last ?? "")
            #expect(Double(word) == nil, "kamcmd would send it as a number")
            packet = try exchange(service, request(.string("ctl.more"), .string(word)))
            #expect(packet.header.kind == .reply)
            count += 1
        }
        records += packet.values
        #expect(records.count == 300 && count > 5)
        for (place, record) in records.enumerated() {
            guard case .string(let contact)? = record["Contact"] else { continue }
            #expect(contact.hasPrefix("sip:\(place)@"))
        }
    }

    @Test("a word is good once, and only the newest replies are kept")
    func words() throws {
        let service = service(bodyBytesMax: 4_096)
        func word() throws -> String {
            let packet = try exchange(service, request(.string("dump"), .int(300)))
            guard case .string(let note)? = packet.values.last else { return "" }
            return String(note.split(separator: " ").last ?? "")
        }
        let first = try word()
        let second = try word()
        let next = try exchange(service, request(.string("ctl.more"), .string(second)))
        #expect(next.header.kind == .reply)
        let again = try exchange(service, request(.string("ctl.more"), .string(second)))
        #expect(again.values.first == .int(404))
        for _ in 0..<Limits.binrpcRepliesParkedMax { _ = try word() }
        let lost = try exchange(service, request(.string("ctl.more"), .string(first)))
        #expect(lost.values.first == .int(404))
    }

    @Test("changes are on record with the channel")
    func record() throws {
        let audit = AuditLog()
        _ = try exchange(service(audit: audit), request(.string("fail")))
        #expect(audit.count == 1)
    }

    @Test("a datagram's reply fits a datagram")
    func datagram() throws {
        let packet = try exchange(service(), request(.string("dump"), .int(5_000)))
        #expect(packet.header.bodyCount < Limits.controlDatagramBytesMax)
        #expect(packet.header.bodyCount > 60_000)
    }
}
