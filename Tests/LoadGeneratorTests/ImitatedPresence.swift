import Basics
import Foundation
import Synchronization

@testable import LoadGenerator

/// The value of the first header field of a name, empty when there is none; the body is not looked
/// at.
func headField(_ name: String, _ text: String) -> String {
    let head = text.components(separatedBy: "\r\n\r\n").first ?? ""
    let line = head.components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") }
    return line.map { String($0.dropFirst(name.count + 2)) } ?? ""
}

/// A presence server of the tests: takes PUBLISH and SUBSCRIBE and notifies, from a thread of its
/// own.
///
/// It keeps the rules that the generator relies on, and breaks those that a test wants broken:
/// `notify` sees every NOTIFY before it leaves, `answer` every request before it is worked on.
final class ImitatedPresence: Sendable {
    /// What leaves instead of the n-th NOTIFY, counted from 1: the same, nothing, several.
    typealias Change = @Sendable (_ number: Int, _ message: String) -> [String]
    /// A status that is answered instead of doing what is asked; 0 for no answer at all.
    typealias Refusal = @Sendable (_ number: Int, _ request: String) -> Int?

    /// What it does otherwise than it should.
    struct Faults: Sendable {
        var notify: Change = { _, message in [message] }
        var answer: Refusal = { _, _ in nil }
        /// Whether NOTIFYs leave before the reply to what has caused them.
        var isNotifyFirst = false
    }

    /// One subscription.
    private struct Dialog {
        var request: String
        var tag: String
        var user: String
        var peer: [UInt8]
        var sequence = 1
    }

    /// What has come and what is known; only the thread of the server changes it.
    private struct State {
        var requests: [String] = []
        var replies: [String] = []
        var dialogs: [String: Dialog] = [:]
        var order: [String] = []
        var documents: [String: (tag: String, body: String)] = [:]
        var registrations: [String: String] = [:]
        var notifies = 0
        var tags = 0
        var arrivals = 0
        /// The reply to each request, by its Via.
        var answered: [String: String] = [:]
    }

    let port: UInt16
    private let socket: SocketHandle
    private let state = Guarded(State())
    private let isWanted = Atomic<Bool>(true)
    private let faults: Faults

    /// Listens on 127.0.0.1 until `stop`.
    init(_ faults: Faults = Faults()) throws {
        self.faults = faults
        socket = SocketHandle(
            descriptor: Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        try socket.bind(to: .init(ipv4: 0x7f00_0001, port: 0))
        port = try socket.localAddress().port
        var patience = timeval(tv_sec: 0, tv_usec: 20_000)
        unsafe setsockopt(
            socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { self.run() }
    }

    /// Answers no more.
    func stop() { isWanted.store(false, ordering: .relaxed) }

    /// The requests in the order they came.
    var requests: [String] { state.withLock { $0.requests } }
    /// The replies to NOTIFYs.
    var replies: [String] { state.withLock { $0.replies } }
    /// Subscriptions that have not ended.
    var dialogs: Int { state.withLock { $0.dialogs.count } }
    /// Presentities that have a document.
    var documents: Int { state.withLock { $0.documents.count } }

    /// A plan against it, small and quick.
    func plan(_ change: (inout PresencePlan) -> Void = { _ in }) -> PresencePlan {
        var plan = PresencePlan(server: ServerName(host: "127.0.0.1", port: port))
        plan.presentities = 5
        plan.watchersEach = 3
        plan.window = 4
        change(&plan)
        return plan
    }

    private func run() {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while isWanted.load(ordering: .relaxed) {
            var peer = [UInt8](repeating: 0, count: 16)
            var length = socklen_t(peer.count)
            let descriptor = socket.descriptor
            let count = unsafe peer.withUnsafeMutableBytes { memory in
                let name = unsafe memory.assumingMemoryBound(to: sockaddr.self).baseAddress
                return unsafe chunk.withUnsafeMutableBytes {
                    unsafe recvfrom(descriptor, $0.baseAddress, $0.count, 0, name, &length)
                }
            }
            guard count > 0 else { continue }
            take(String(decoding: chunk[..<count], as: UTF8.self), peer)
        }
    }

    /// Works on one datagram.
    private func take(_ message: String, _ peer: [UInt8]) {
        let leaving = state.withLock { state -> [(String, [UInt8])] in
            guard !message.hasPrefix("SIP/2.0") else {
                state.replies.append(message)
                return []
            }
            let via = headField("Via", message)
            // RFC 3261 17.2.2: a repeated request gets the reply once more and changes nothing.
            if let known = state.answered[via] { return [(known, peer)] }
            state.arrivals += 1
            let status = faults.answer(state.arrivals, message)
            guard status != 0 else { return [] }
            state.requests.append(message)
            let leaving = work(message, peer, status, &state)
            state.answered[via] = leaving[0].0
            return leaving
        }
        let ordered = faults.isNotifyFirst ? leaving.reversed() : leaving
        for (text, peer) in ordered { send(text, peer) }
    }

    /// Does what a request asks for, or refuses it; the reply is the first of what leaves.
    private func work(
        _ message: String, _ peer: [UInt8], _ status: Int?, _ state: inout State
    ) -> [(String, [UInt8])] {
        if let status { return [(Self.reply(message, "\(status) No"), peer)] }
        if message.hasPrefix("REGISTER") {
            return Self.register(message, peer, &state, faults.notify)
        }
        return message.hasPrefix("PUBLISH")
            ? Self.publish(message, peer, &state, faults.notify)
            : Self.subscribe(message, peer, &state, faults.notify)
    }

    /// RFC 3903 6: the entity tag must be the current one, and changes with every publication.
    private static func publish(
        _ message: String, _ peer: [UInt8], _ state: inout State, _ change: Change
    ) -> [(String, [UInt8])] {
        let user = Self.user(message)
        guard headField("SIP-If-Match", message) == state.documents[user]?.tag ?? "" else {
            return [(reply(message, "412 Conditional Request Failed"), peer)]
        }
        state.tags += 1
        let tag = "etag-\(state.tags)"
        if headField("Expires", message) == "0" {
            state.documents[user] = nil
            return [(reply(message, "200 OK", "SIP-ETag: \(tag)\r\n"), peer)]
        }
        let body = message.components(separatedBy: "\r\n\r\n").dropFirst().joined()
        state.documents[user] = (tag, body)
        var leaving = [(reply(message, "200 OK", "SIP-ETag: \(tag)\r\n"), peer)]
        for call in state.order where state.dialogs[call]?.user == user {
            leaving += notify(call, "active;expires=60", &state, change)
        }
        return leaving
    }

    /// RFC 3680 5: the watchers of a registration are told of every change.
    private static func register(
        _ message: String, _ peer: [UInt8], _ state: inout State, _ change: Change
    ) -> [(String, [UInt8])] {
        let user = user(message)
        let contact = headField("Contact", message).dropFirst().dropLast()
        state.registrations[user] =
            "<reginfo><registration aor=\"\(user)\"><contact id=\"1\" callid=\""
            + "\(headField("Call-ID", message))\" cseq=\"1\" user_agent=\"Roost-Load/1.0\">"
            + "<uri>\(contact)</uri></contact></registration></reginfo>"
        var leaving = [(reply(message, "200 OK"), peer)]
        for call in state.order where state.dialogs[call]?.user == user {
            leaving += notify(call, "active;expires=60", &state, change)
        }
        return leaving
    }

    /// RFC 6665 4.2.1: accept, and notify at once.
    private static func subscribe(
        _ message: String, _ peer: [UInt8], _ state: inout State, _ change: Change
    ) -> [(String, [UInt8])] {
        let call = headField("Call-ID", message)
        let isInDialog = headField("To", message).contains(";tag=")
        guard !isInDialog || headField("To", message).hasSuffix(state.dialogs[call]?.tag ?? "?")
        else {
            return [(reply(message, "481 Subscription does not exist"), peer)]
        }
        if !isInDialog {
            state.tags += 1
            state.dialogs[call] = Dialog(
                request: message, tag: "tag-\(state.tags)", user: user(message), peer: peer)
            state.order.append(call)
        }
        let tag = isInDialog ? "" : state.dialogs[call]?.tag ?? ""
        var leaving = [(reply(message, "200 OK", tag: tag), peer)]
        let isEnd = headField("Expires", message) == "0"
        leaving += notify(
            call, isEnd ? "terminated;reason=timeout" : "active;expires=60", &state, change)
        if isEnd { state.dialogs[call] = nil }
        return leaving
    }

    /// The NOTIFY of a dialog, as the test wants it.
    private static func notify(
        _ call: String, _ words: String, _ state: inout State, _ change: Change
    ) -> [(String, [UInt8])] {
        guard var dialog = state.dialogs[call] else { return [] }
        dialog.sequence += 1
        state.notifies += 1
        state.dialogs[call] = dialog
        let body =
            state.documents[dialog.user]?.body ?? state.registrations[dialog.user] ?? ""
        let contact = headField("Contact", dialog.request).dropFirst().dropLast()
        let message =
            "NOTIFY \(contact) SIP/2.0\r\n"
            + "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKn\(state.notifies)\r\n"
            + "From: \(headField("To", dialog.request));tag=\(dialog.tag)\r\n"
            + "To: \(headField("From", dialog.request))\r\nCall-ID: \(call)\r\n"
            + "CSeq: \(dialog.sequence) NOTIFY\r\nEvent: presence\r\n"
            + "Subscription-State: \(words)\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        return change(state.notifies, message).map { ($0, dialog.peer) }
    }

    /// The reply to a request: its header fields, and no body.
    private static func reply(
        _ request: String, _ line: String, _ extra: String = "", tag: String = ""
    ) -> String {
        var text = "SIP/2.0 \(line)\r\n"
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let isTagged = name == "To" && !tag.isEmpty
            text += "\(name): \(headField(name, request))\(isTagged ? ";tag=\(tag)" : "")\r\n"
        }
        return text + extra + "Content-Length: 0\r\n\r\n"
    }

    /// The presentity of a request.
    private static func user(_ request: String) -> String {
        headField("To", request).components(separatedBy: ">").first ?? ""
    }

    private func send(_ text: String, _ peer: [UInt8]) {
        let bytes = Array(text.utf8)
        unsafe peer.withUnsafeBytes { memory in
            let name = unsafe memory.assumingMemoryBound(to: sockaddr.self).baseAddress
            unsafe _ = sendto(
                socket.descriptor, bytes, bytes.count, 0, name,
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
