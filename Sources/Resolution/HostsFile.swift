internal import Basics
internal import Glibc

/// Names of /etc/hosts, which getaddrinfo asks before any name server.
public struct HostsFile: Sendable {
    private var addresses: [String: [PeerAddress]] = [:]

    /// The names of a file's text.
    public init(text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            guard let first = words.first,
                let address = PeerAddress(literal: Array(first.utf8).span, port: 0)
            else { continue }
            for word in words.dropFirst() {
                guard let name = Question.canonical(String(word)),
                    addresses[name, default: []].count < Limits.candidatesPerSearchMax,
                    !addresses[name, default: []].contains(address)
                else { continue }
                addresses[name, default: []].append(address)
            }
        }
    }

    /// The answer to a question, nil when the file does not know the name or has no such type.
    ///
    /// A name of the file that has no address of one family is not asked for elsewhere, so that
    /// the file can hide what a name server says.
    public func answer(to question: Question, secondsToLive: Int = 10) -> Answer? {
        guard question.type == .a || question.type == .aaaa, let known = addresses[question.name]
        else { return nil }
        let fitting = known.filter { $0.isIPv6 == (question.type == .aaaa) }
        guard !fitting.isEmpty else { return Answer(.noData, secondsToLive: secondsToLive) }
        return Answer(records: fitting.map { .address($0) }, secondsToLive: secondsToLive)
    }
}

/// A file of host names that is read again when it has changed.
struct WatchedHostsFile {
    private let path: String
    private var stamp: [Int] = []
    private var file = HostsFile(text: "")

    /// The file at `path`, which need not exist.
    init(path: String) { self.path = path }

    /// The answer of the file as it is now.
    mutating func answer(to question: Question) -> Answer? {
        refresh()
        return file.answer(to: question)
    }

    private mutating func refresh() {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_size <= Limits.hostsFileBytesMax else {
            stamp = []
            file = HostsFile(text: "")
            return
        }
        let seen = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_size), Int(status.st_ino),
        ]
        guard seen != stamp else { return }
        stamp = seen
        file = HostsFile(text: Self.read(path))
    }

    /// The text of a file, as far as the limit allows.
    private static func read(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < Limits.hostsFileBytesMax {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
