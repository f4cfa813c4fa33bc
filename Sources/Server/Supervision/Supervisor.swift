internal import Basics
internal import Glibc

/// The program that started this one and waits to hear that it is well: systemd, as
/// sd_notify(3) and sd_watchdog_enabled(3) describe it.
///
/// What it is told goes as one datagram to a socket that the environment names. Nothing is told
/// when there is no such socket, and nobody waits when it does not answer.
struct Supervisor: Sendable {
    /// What there is to tell.
    enum News: Equatable {
        /// Requests are answered.
        case ready(String)
        /// The process is well.
        case alive
        /// Files are read anew, since this time of the monotonic clock; `ready` follows.
        case reloading(MonotonicTime)
        /// The process ends, and may take a while over it.
        case stopping

        /// The lines of the datagram.
        var text: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=\(status)\n"
            case .alive: "WATCHDOG=1\n"
            case .reloading(let time):
                "RELOADING=1\nMONOTONIC_USEC=\(time.nanoseconds / 1_000)\n"
            case .stopping: "STOPPING=1\n"
            }
        }
    }

    /// The socket's path; one of the abstract name space begins with `@`.
    let socket: String
    /// Seconds of silence after which the supervisor takes the process for dead; nil when it does
    /// not watch.
    let watchdogSeconds: Double?

    /// The supervisor that environment variables tell of; nil when there is none.
    ///
    /// A variable that is meant for another process, by `WATCHDOG_PID`, is none of ours.
    init?(_ environment: (String) -> String?, process: Int32) {
        guard let socket = environment("NOTIFY_SOCKET"), let first = socket.utf8.first,
            first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            socket.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        self.socket = socket
        let isOurs = environment("WATCHDOG_PID").map { Int32($0) == process } ?? true
        let microseconds = environment("WATCHDOG_USEC").flatMap { Double($0) }
        watchdogSeconds = microseconds.flatMap { $0 > 0 && isOurs ? $0 / 1_000_000 : nil }
    }

    /// The supervisor of this process.
    static func fromEnvironment() -> Supervisor? {
        Supervisor(
            { name in unsafe getenv(name).map { value in unsafe String(cString: value) } },
            process: getpid())
    }

    /// Sends the news; whether it left.
    @discardableResult
    func tell(_ news: News) -> Bool {
        let descriptor = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(socket.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            for (place, byte) in path.enumerated() { unsafe room[place] = byte }
        }
        // A name of the abstract space has no closing zero: its length says where it ends.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let text = Array(news.text.utf8)
        let sent = unsafe text.withUnsafeBytes { bytes in
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    unsafe sendto(
                        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT),
                        address, length)
                }
            }
        }
        return sent == text.count
    }
}
