internal import Basics
internal import CCares
internal import Glibc

/// A channel of c-ares: sockets to name servers and questions under way.
///
/// Used by one thread at a time: made by the caller, then handed over to the loop.
@safe
final class NameServerChannel {
    private let channel: ares_channel
    private let exchange: QuestionExchange
    private let usesSearchList: Bool
    private var hosts: WatchedHostsFile?

    /// What a question under way carries through the library.
    private final class Errand {
        let question: Question
        let exchange: QuestionExchange

        init(_ question: Question, _ exchange: QuestionExchange) {
            self.question = question
            self.exchange = exchange
        }
    }

    /// The library starts once for the process.
    private static let start: Int32 = ares_library_init(ARES_LIB_INIT_ALL)

    /// A channel to the servers of the settings.
    init(
        _ settings: NameServerClient.Settings, _ exchange: QuestionExchange
    ) throws(ClientError) {
        precondition(settings.attempts > 0 && settings.attemptMilliseconds > 0)
        self.exchange = exchange
        usesSearchList = settings.usesSearchList
        hosts = settings.hostsPath.map { WatchedHostsFile(path: $0) }
        guard Self.start == 0 else { throw Self.error(Self.start) }
        var options = unsafe ares_options()
        unsafe options.timeout = Int32(clamping: settings.attemptMilliseconds)
        unsafe options.tries = Int32(clamping: settings.attempts)
        var made: ares_channel?
        let status = unsafe ares_init_options(
            &made, &options, Int32(ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES))
        guard status == 0, let made = unsafe made else { throw Self.error(status) }
        unsafe channel = unsafe made
        if let failed = choose(settings) { throw Self.error(failed) }
    }

    deinit { unsafe ares_destroy(channel) }

    /// Asks a question; the answer goes to the exchange, perhaps before this returns.
    func ask(_ question: Question) {
        if let answer = hosts?.answer(to: question) {
            exchange.finish(question, answer)
            return
        }
        let errand = unsafe Unmanaged.passRetained(Errand(question, exchange)).toOpaque()
        let done: ares_callback = { argument, status, _, bytes, count in
            guard let argument = unsafe argument else { return }
            let errand = unsafe Unmanaged<Errand>.fromOpaque(argument).takeRetainedValue()
            var message: [UInt8] = []
            if let bytes = unsafe bytes, count > 0 {
                message = unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
            }
            let answer = NameServerChannel.answer(status, message, errand.question.type)
            errand.exchange.finish(errand.question, answer)
        }
        let type = Int32(question.type.rawValue)
        if usesSearchList {
            unsafe ares_search(channel, question.name, 1, type, done, errand)
        } else {
            unsafe ares_query(channel, question.name, 1, type, done, errand)
        }
    }

    /// Waits until a socket or `wakeUp` has something or a time is over, and works on it.
    func turn(wakeUp: Int32) {
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        let bits = unsafe ares_getsock(channel, &sockets, Int32(sockets.count))
        var watched = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        for place in sockets.indices {
            let reads = bits & (1 << Int32(place)) != 0
            let writes = bits & (1 << Int32(place + sockets.count)) != 0
            guard reads || writes else { continue }
            let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
            watched.append(pollfd(fd: sockets[place], events: Int16(events), revents: 0))
        }
        _ = unsafe poll(&watched, nfds_t(watched.count), patience())
        var isIdle = true
        for entry in watched.dropFirst() where entry.revents != 0 {
            isIdle = false
            let reads = entry.revents & ~Int16(POLLOUT) != 0
            let writes = entry.revents & Int16(POLLOUT) != 0
            unsafe ares_process_fd(
                channel, reads ? entry.fd : -1, writes ? entry.fd : -1)
        }
        // Times are looked at even when no socket had anything.
        if isIdle { unsafe ares_process_fd(channel, -1, -1) }
    }

    /// Milliseconds until the library wants to look at its times; -1 when nothing is under way.
    private func patience() -> Int32 {
        var time = timeval()
        guard let time = unsafe ares_timeout(channel, nil, &time) else { return -1 }
        let milliseconds = unsafe time.pointee.tv_sec * 1_000 + time.pointee.tv_usec / 1_000 + 1
        return Int32(clamping: milliseconds)
    }

    /// Tells the library which servers to ask; the library's error, nil when all went well.
    private func choose(_ settings: NameServerClient.Settings) -> Int32? {
        var limit = min(max(settings.serversMax, 1), Limits.nameServersMax)
        if !settings.servers.isEmpty {
            let list = settings.servers.prefix(limit).map(\.text).joined(separator: ",")
            let status = unsafe ares_set_servers_ports_csv(channel, list)
            return status == 0 ? nil : status
        }
        var first: UnsafeMutablePointer<ares_addr_port_node>?
        let status = unsafe ares_get_servers_ports(channel, &first)
        guard status == 0 else { return status }
        defer { unsafe ares_free_data(first) }
        var last = unsafe first
        while limit > 1, let next = unsafe last?.pointee.next {
            unsafe last = unsafe next
            limit -= 1
        }
        guard let cut = unsafe last, let rest = unsafe cut.pointee.next else { return nil }
        unsafe cut.pointee.next = nil
        defer { unsafe cut.pointee.next = unsafe rest }
        let result = unsafe ares_set_servers_ports(channel, first)
        return result == 0 ? nil : result
    }

    /// The answer that a status of the library and a message come to.
    private static func answer(_ status: Int32, _ message: [UInt8], _ type: RecordType) -> Answer {
        switch meaning(status) {
        case .success, .noData, .noName:
            if !message.isEmpty { return Answer(message: message, type: type) }
            return Answer(meaning(status) == .noName ? .noName : .noData)
        case .failed(let failure): return Answer(.failed(failure))
        }
    }

    private static func error(_ status: Int32) -> ClientError {
        .library(unsafe String(cString: ares_strerror(status)))
    }
}

/// What a status of the library means here.
private enum Code: Equatable {
    case success, noData, noName
    case failed(Answer.Failure)
}

/// Sorts the library's status.
private func meaning(_ status: Int32) -> Code {
    switch status {
    case Int32(ARES_SUCCESS): .success
    case Int32(ARES_ENODATA): .noData
    case Int32(ARES_ENOTFOUND): .noName
    case Int32(ARES_ETIMEOUT): .failed(.timeout)
    case Int32(ARES_ECONNREFUSED): .failed(.unreachable)
    case Int32(ARES_ESERVFAIL), Int32(ARES_EREFUSED), Int32(ARES_ENOTIMP): .failed(.refused)
    case Int32(ARES_EDESTRUCTION), Int32(ARES_ECANCELLED): .failed(.stopped)
    case Int32(ARES_ENOMEM): .failed(.busy)
    default: .failed(.malformed)
    }
}
