import Basics
import TestSupport

@testable import Resolution

/// A search against a table, and what it asked.
struct Dialogue {
    /// Candidates as `udp 192.0.2.1:5060`, or the error.
    var places: [String] = []
    /// The questions of each turn, as `A one.example.com`.
    var turns: [[String]] = []

    /// The questions of all turns.
    var questions: [String] { turns.flatMap { $0 } }

    /// Searches for a target, written as a URI, with the answers of a table.
    init(
        _ uri: String, in zone: NameZone, reach: Reach = .everything, random: UInt64 = 1,
        backwards: Bool = false, adjust: (inout SearchSettings) -> Void = { _ in }
    ) {
        var settings = SearchSettings(reach: reach)
        adjust(&settings)
        var search = TargetSearch(Target(uri), settings: settings, random: random)
        while true {
            switch search.step() {
            case .found(let candidates):
                places = candidates.map { "\($0.transport) \($0.address.text)" }
                return
            case .failed(let error):
                places = ["\(error)"]
                return
            case .wait:
                places = ["waits for ever"]
                return
            case .ask(let questions):
                turns.append(questions.map { "\($0.type.name) \($0.name)" })
                for question in backwards ? questions.reversed() : questions {
                    search.take(zone.answer(question), to: question)
                }
            }
        }
    }
}

extension NameZone {
    /// The answer to a question, through the bytes of a message.
    func answer(_ question: Question) -> Answer {
        let query = Self.query(name: question.name, type: question.type.rawValue)
        guard let reply = reply(to: query) else { return Answer(.failed(.timeout)) }
        return Answer(message: reply, type: question.type)
    }
}

extension Reach {
    /// A server with all sockets.
    static let everything = Reach(udp: .both, tcp: .both, tls: .both)
    /// A server that speaks IPv4 alone.
    static let ipv4 = Reach(udp: .ipv4, tcp: .ipv4, tls: .ipv4)
}

extension Target {
    /// A target from a URI of the form `sips:host:port;transport=tcp`.
    init(_ uri: String) {
        let parts = uri.split(separator: ";")
        var rest = parts[0].drop { $0 != ":" }.dropFirst()
        var port: UInt16?
        let bracket = rest.lastIndex(of: "]") ?? rest.startIndex
        if let colon = rest[bracket...].lastIndex(of: ":") {
            port = UInt16(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        let transport = TargetTransport.allCases.first {
            parts.dropFirst().contains("transport=\($0)")
        }
        self.init(
            host: String(rest), port: port, transport: transport,
            isSecure: uri.hasPrefix("sips:"))
    }
}
