import Basics
import Testing

@testable import Locations

/// Finding bindings by their unique name, as temporary GRUUs do.
@Suite("Unique names as keys")
struct NameTests {
    private let now = WallTime(seconds: 1_000_000)

    private func table(persists: Bool = false) -> LocationTable {
        LocationTable(
            name: "location", hash: KeyedHash(key0: 5, key1: 6),
            seed: RuidSeed(server: 0, time: 7, process: 8), persists: persists, now: now)
    }

    /// Registers one contact, with an instance unless it is empty.
    private func register(
        _ table: LocationTable, _ aor: String, _ uri: String, instance: String, cseq: UInt32 = 1,
        seconds: Int = 600
    ) {
        let text = Array("\(uri)\(instance)call".utf8)
        let (uriCount, instanceCount) = (uri.utf8.count, instance.utf8.count)
        var request = RegistrationRequest()
        request.callID = .message(ByteRange(offset: uriCount + instanceCount, count: 4))
        request.cseq = cseq
        var update = ContactUpdate(
            uri: .message(ByteRange(offset: 0, count: uriCount)),
            lifetime: seconds > 0 ? .until(WallTime(seconds: now.seconds + seconds)) : .removed)
        update.instance = .message(ByteRange(offset: uriCount, count: instanceCount))
        _ = request.append(update)
        let name = Array(aor.utf8)
        let isAccepted = table.register(
            name.span, request, message: text.span, rules: RegistrationRules(), now: now
        ).isAccepted
        #expect(isAccepted)
    }

    /// The unique names of an address-of-record.
    private func names(_ table: LocationTable, _ aor: String) -> [[UInt8]] {
        var found: [[UInt8]] = []
        table.lookUp(Array(aor.utf8).span, now: now, includingExpired: true) { binding in
            var name = ByteWriter(capacity: 64)
            binding.writeRuid(into: &name)
            found.append(Array(copying: name.span))
        }
        return found
    }

    /// The URI of the binding of a unique name, nil without one.
    private func find(_ table: LocationTable, _ name: [UInt8], at time: WallTime? = nil) -> String?
    {
        var uri: String?
        let isFound = table.lookUp(ruid: name.span, now: time ?? now) {
            uri = String(copying: $0.uri)
        }
        #expect(isFound == (uri != nil))
        return uri
    }

    /// Whether a binding is there, expired or not.
    private func isKept(_ table: LocationTable, _ name: [UInt8], _ time: WallTime) -> Bool {
        table.lookUp(ruid: name.span, now: time, includingExpired: true) { _ in }
    }

    /// Removes an address-of-record and returns how many bindings it had.
    private func remove(_ table: LocationTable, _ aor: String) -> Int {
        let name = Array(aor.utf8)
        return table.remove(name.span, now: now)
    }

    /// Puts a row into a table, as the loader does.
    private func load(_ table: LocationTable, ruid: String, uri: String, instance: String) {
        let (aor, ruid) = (Array("row".utf8), Array(ruid.utf8))
        let (uri, instance, call) = (Array(uri.utf8), Array(instance.utf8), Array("c".utf8))
        var values = ContactValues(
            expiresSeconds: Int64(now.seconds + 600), lastModified: now)
        values.cseq = 1
        let text = BindingText(
            uri: uri.span, callID: call.span, userAgent: Span(), received: Span(), path: Span(),
            instance: instance.span)
        let row = LoadedBinding(aor: aor.span, ruid: ruid.span, text: text, values: values)
        let result = table.load(row, rules: RegistrationRules(), now: now)
        #expect(result == .loaded)
    }

    @Test("a binding with an instance is found by its unique name, in whatever shard it is")
    func found() {
        let table = table()
        for number in 0..<300 {
            register(table, "user\(number)", "sip:\(number)@h", instance: "<urn:x:\(number)>")
        }
        for number in 0..<300 {
            let name = names(table, "user\(number)")[0]
            #expect(find(table, name) == "sip:\(number)@h")
        }
    }

    @Test("a binding without an instance is not filed: it has no GRUU")
    func withoutInstance() {
        let table = table()
        register(table, "a", "sip:a@h", instance: "")
        #expect(find(table, names(table, "a")[0]) == nil)
    }

    @Test(
        "names that nobody has are not found",
        arguments: ["", "uloc", "uloc-7-8-", "uloc-7-8-f", "no such name", "-", "uloc-9-9-9"])
    func unknown(name: String) {
        let table = table()
        register(table, "a", "sip:a@h", instance: "<urn:x:1>")
        #expect(find(table, Array(name.utf8)) == nil)
    }

    @Test("a name longer than any is not looked for")
    func tooLong() {
        #expect(find(table(), [UInt8](repeating: 97, count: Limits.ruidBytesMax + 1)) == nil)
    }

    @Test("a refresh keeps the name, and it finds the new URI")
    func refreshed() {
        let table = table()
        register(table, "a", "sip:old@h", instance: "<urn:x:1>")
        let name = names(table, "a")[0]
        register(table, "a", "sip:new@h", instance: "<urn:x:1>", cseq: 2)
        #expect(names(table, "a") == [name])
        #expect(find(table, name) == "sip:new@h")
    }

    @Test("a refresh of the same URI without its instance takes the name out")
    func instanceLost() {
        let table = table()
        register(table, "a", "sip:a@h", instance: "<urn:x:1>")
        let name = names(table, "a")[0]
        register(table, "a", "sip:a@h", instance: "", cseq: 2)
        #expect(names(table, "a") == [name])
        #expect(find(table, name) == nil)
    }

    @Test("what was removed is not found", arguments: [false, true])
    func removed(persists: Bool) {
        let table = table(persists: persists)
        register(table, "a", "sip:a@h", instance: "<urn:x:1>")
        let name = names(table, "a")[0]
        register(table, "a", "sip:a@h", instance: "<urn:x:1>", cseq: 2, seconds: 0)
        #expect(find(table, name) == nil)
        register(table, "a", "sip:b@h", instance: "<urn:x:1>", cseq: 3)
        #expect(find(table, name) == nil)
        #expect(find(table, names(table, "a")[0]) == "sip:b@h")
    }

    @Test("what has expired is found only by those who ask for it")
    func expired() {
        let table = table()
        register(table, "a", "sip:a@h", instance: "<urn:x:1>", seconds: 10)
        let name = names(table, "a")[0]
        let later = WallTime(seconds: now.seconds + 11)
        #expect(find(table, name, at: later) == nil)
        #expect(isKept(table, name, later))
        table.expire(now: later)
        #expect(!isKept(table, name, later))
    }

    @Test("an address-of-record that is forgotten takes its names along")
    func forgotten() {
        let table = table(persists: true)
        register(table, "a", "sip:a@h", instance: "<urn:x:1>")
        let name = names(table, "a")[0]
        let aor = Array("a".utf8)
        let shard = Int(table.hashValue(of: aor.span) >> 58)
        let count = table.handOut(shard: shard, limit: 9) { _, _ in }
        #expect(count == 1)
        table.confirm(shard: shard)
        table.forget(aor.span)
        #expect(find(table, name) == nil)
    }

    @Test(
        "a loaded binding is found by its name, of any shape",
        arguments: ["uloc-1-2-3", "uloc-5-1-2-3", "regi-1-2-3", "made-by-hand", "x"])
    func loaded(ruid: String) {
        let table = table()
        load(table, ruid: ruid, uri: "sip:row@h", instance: "<urn:x:9>")
        #expect(find(table, Array(ruid.utf8)) == "sip:row@h")
        #expect(remove(table, "row") == 1)
        #expect(find(table, Array(ruid.utf8)) == nil)
    }

    @Test("a thousand bindings that come and go leave the index empty")
    func emptied() {
        let table = table()
        for round in 0..<10 {
            for number in 0..<100 {
                register(
                    table, "u\(number)", "sip:\(number)@h", instance: "<urn:x:\(number)>",
                    cseq: UInt32(round * 2 + 1))
            }
            for number in 0..<100 {
                #expect(remove(table, "u\(number)") == 1)
            }
        }
        for shard in 0..<LocationTable.shardCount {
            #expect(table.withShard(shard) { $0.names.count } == 0)
        }
    }
}
