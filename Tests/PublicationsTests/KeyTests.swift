import Basics
import Testing

@testable import Publications

@Suite("Which record is meant")
struct KeyTests {
    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func publication(
        id: String = "i", etag: String = "e", event: PUAEvent = .presence,
        source: PUASource = .locations
    ) -> PUARecord {
        var record = PUARecord(event: event, source: source)
        record[.presentity] = bytes("sip:a@x")
        record[.id] = bytes(id)
        record[.etag] = bytes(etag)
        return record
    }

    static func subscription(toTag: String = "t", remote: String = "sip:r") -> PUARecord {
        var record = publication(etag: "")
        record[.watcher] = bytes("sip:w@x")
        record[.callID] = bytes("c")
        record[.fromTag] = bytes("f")
        record[.toTag] = bytes(toTag)
        record[.remoteContact] = bytes(remote)
        return record
    }

    static func key(
        _ uri: String = "sip:a@x", id: String = "i", event: PUAEvent = .presence,
        source: PUASource = .locations, etag: String = ""
    ) -> PUAKey {
        .publication(
            presentity: bytes(uri), id: bytes(id), event: event, source: source,
            etag: bytes(etag))
    }

    @Test("a publication: presentity, shared bits, and id and tag where they are given")
    func publications() {
        let record = Self.publication()
        let cases: [(PUAKey, Bool)] = [
            (Self.key(), true), (Self.key(id: ""), true), (Self.key(etag: "e"), true),
            (Self.key("sip:b@x"), false), (Self.key(id: "j"), false), (Self.key(etag: "f"), false),
            (Self.key(event: .dialog), false), (Self.key(source: .dialogs), false),
            (Self.key(event: PUAEvent(rawValue: 33)), true),
            (Self.key(source: PUASource(rawValue: 1 | 1024)), true),
        ]
        for (key, isMeant) in cases { #expect(key.matches(record) == isMeant, "\(key)") }
        #expect(!Self.key().matches(Self.subscription()))
    }

    @Test("a subscription: the watcher too, and the remote target where it is given")
    func subscriptions() {
        func key(watcher: String = "sip:w@x", id: String = "i", target: String = "") -> PUAKey {
            .subscription(
                presentity: Self.bytes("sip:a@x"), watcher: Self.bytes(watcher),
                id: Self.bytes(id), event: .presence, source: .locations,
                remoteTarget: Self.bytes(target))
        }
        let record = Self.subscription()
        #expect(key().matches(record))
        #expect(key(id: "").matches(record))
        #expect(key(target: "sip:r").matches(record))
        #expect(!key(target: "sip:s").matches(record))
        #expect(!key(watcher: "sip:v@x").matches(record))
        #expect(!key().matches(Self.publication()))
    }

    @Test("a dialog: our tag, and the other side's once it is known")
    func dialogs() {
        func key(_ callID: String, _ local: String, _ remote: String) -> PUAKey {
            .dialog(
                callID: Self.bytes(callID), localTag: Self.bytes(local),
                remoteTag: Self.bytes(remote))
        }
        let record = Self.subscription()
        #expect(key("c", "f", "t").matches(record))
        #expect(!key("c", "f", "u").matches(record))
        #expect(!key("c", "g", "t").matches(record))
        #expect(!key("d", "f", "t").matches(record))
        #expect(key("c", "f", "u").matches(Self.subscription(toTag: "")))
        #expect(!key("c", "f", "t").matches(Self.publication()))
    }

    @Test("an identity is that of one record and survives a change of the others")
    func identities() {
        var record = Self.publication()
        let identity = record.identity
        record.version = 9
        record.expires = WallTime(seconds: 5)
        #expect(identity.isThat(of: record))
        #expect(!identity.isThat(of: Self.publication(etag: "other")))
        #expect(!identity.isThat(of: Self.publication(id: "other")))
        #expect(!identity.isThat(of: Self.subscription()))
        var dialog = Self.subscription(toTag: "")
        let early = dialog.identity
        dialog[.toTag] = Self.bytes("t")
        #expect(early.isThat(of: dialog))
    }

    @Test("records are the same when all but their row numbers are")
    func equality() {
        var one = Self.publication()
        var other = Self.publication()
        one.row = 7
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        other[.id] = Self.bytes("ie")
        other[.etag] = []
        #expect(one != other)
    }
}
