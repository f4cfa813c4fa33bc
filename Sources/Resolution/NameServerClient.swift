public import Basics
internal import CCares
internal import Glibc
internal import Synchronization

/// Asks name servers by c-ares, on one thread of its own, so that no caller ever waits.
///
/// Equal questions that wait are asked once. The library is used by that thread alone.
public final class NameServerClient: AnswerSource {
    /// Whom to ask and how long; the names in quotes are Kamailio's core parameters.
    public struct Settings: Sendable {
        /// The servers; empty for those of /etc/resolv.conf.
        public var servers: [PeerAddress] = []
        /// Most servers of /etc/resolv.conf that are asked ("dns_servers_no").
        public var serversMax = Limits.nameServersMax
        /// How long the first attempt waits, in milliseconds; each round of all servers doubles
        /// it ("dns_retr_time").
        public var attemptMilliseconds = 1_500
        /// How often each server is asked ("dns_retr_no").
        public var attempts = 3
        /// Whether the domains of /etc/resolv.conf are tried behind a name
        /// ("dns_use_search_list").
        public var usesSearchList = true
        /// The file of host names that goes before the servers; nil for none.
        public var hostsPath: String? = "/etc/hosts"
        /// Called on the new thread when it begins, to name it.
        public var began: @Sendable () -> Void = {}

        /// The system's servers.
        public init() {}
    }

    /// Numbers of this client.
    public struct Counters: Sendable, Hashable {
        /// Questions that were put to servers or the file, equal ones counted once.
        public var questions = 0
        /// Usable answers, negative ones among them.
        public var answers = 0
        /// Questions that no server answered in time.
        public var timeouts = 0
        /// Questions that ended without a usable answer for other reasons.
        public var failures = 0
        /// Questions that joined an equal one.
        public var joined = 0
    }

    private let exchange: QuestionExchange
    private let thread: Guarded<pthread_t?>

    /// Starts the thread.
    public init(_ settings: Settings = Settings()) throws(ClientError) {
        let exchange = try QuestionExchange()
        self.exchange = exchange
        let channel = try NameServerChannel(settings, exchange)
        thread = Guarded(try Self.start(NameServerLoop(channel, exchange, began: settings.began)))
    }

    deinit { stop() }

    /// Asks a question; see `AnswerSource`.
    public func ask(_ question: Question, _ done: @escaping @Sendable (Answer) -> Void) {
        exchange.ask(question, done)
    }

    /// The numbers now.
    public var counters: Counters { exchange.counters }

    /// Ends the thread; what waits is answered with `stopped` before this returns.
    public func stop() {
        exchange.stop()
        guard let handle = thread.withLock({ $0.take() }) else { return }
        // A callback may stop the client: a thread cannot wait for itself.
        if pthread_equal(handle, pthread_self()) != 0 {
            pthread_detach(handle)
        } else {
            pthread_join(handle, nil)
        }
    }

    private static func start(_ loop: consuming sending NameServerLoop) throws(ClientError)
        -> pthread_t
    {
        let work = unsafe Unmanaged.passRetained(loop).toOpaque()
        var handle = pthread_t()
        let status = unsafe pthread_create(
            &handle, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<NameServerLoop>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, work)
        guard status == 0 else {
            unsafe Unmanaged<NameServerLoop>.fromOpaque(work).release()
            throw .noThread
        }
        return handle
    }
}

/// Why names cannot be looked up at all.
public enum ClientError: Error, Sendable, Hashable {
    /// The library could not start; what it says.
    case library(String)
    /// No pipe to wake the thread with.
    case noPipe
    /// No thread.
    case noThread
}
