import Testing

@testable import EventDocuments

/// Watcher information, written and read.
@Suite("Watcher information")
struct WatcherInfoTests {
    private let list = WatcherInfo.List(
        resource: "sip:alice@example.com", package: "presence",
        watchers: [
            WatcherInfo.Watcher(id: "call-1", status: "active", uri: "sip:bob@example.com"),
            WatcherInfo.Watcher(
                id: "<&\">", status: "pending", event: "subscribe", uri: "sip:carol@example.com",
                displayName: "Carol \"C\" & Co", expirationSeconds: 300, subscribedSeconds: 17),
        ])

    @Test("what is written is valid and reads back the same", arguments: [true, false])
    func roundTrip(_ isFull: Bool) throws {
        let info = WatcherInfo(version: 3, isFull: isFull, lists: [list])
        let bytes = info.document().bytes
        #expect(Schema.watcherinfo.isValid(bytes), "\(bytes.text)")
        #expect(try WatcherInfo(parsing: bytes.span) == info)
    }

    @Test(
        "every state and event of RFC 3858 is valid",
        arguments: [
            "subscribe", "approved", "deactivated", "probation", "rejected", "timeout", "giveup",
            "noresource",
        ])
    func events(_ event: String) {
        for status in ["pending", "active", "waiting", "terminated"] {
            let watcher = WatcherInfo.Watcher(
                id: "1", status: status, event: event, uri: "sip:a@b")
            let info = WatcherInfo(
                isFull: true,
                lists: [WatcherInfo.List(resource: "sip:c@d", package: "reg", watchers: [watcher])])
            #expect(Schema.watcherinfo.isValid(info.document().bytes))
        }
    }

    @Test("nobody watches: an empty list, or none, is valid")
    func nobody() {
        let empty = WatcherInfo.List(resource: "sip:a@b", package: "presence")
        #expect(Schema.watcherinfo.isValid(WatcherInfo(isFull: true).document().bytes))
        let info = WatcherInfo(isFull: true, lists: [empty])
        #expect(Schema.watcherinfo.isValid(info.document().bytes))
    }

    @Test("each watcher of the watchers gets a version of its own")
    func versions() throws {
        let document = WatcherInfo(isFull: true, lists: [list]).document()
        for version in [0, 1, 9, 10, 4_294_967_295] {
            let bytes = document.bytes(version: version)
            #expect(Schema.watcherinfo.isValid(bytes))
            #expect(try WatcherInfo(parsing: bytes.span).version == version)
        }
    }

    @Test(
        "a schema finds what is wrong",
        arguments: [
            "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' state='full'/>",
            "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='1' state='half'/>",
            "<watcherinfo version='1' state='full'/>", "junk",
        ])
    func invalid(_ text: String) {
        #expect(!Schema.watcherinfo.isValid(text.bytes))
    }

    @Test("another document is no watcher information", arguments: ["<a/>", "junk", ""])
    func others(_ text: String) {
        let bytes = text.bytes
        #expect(failure { _ = try WatcherInfo(parsing: bytes.span) }?.kind == .malformed)
    }
}
