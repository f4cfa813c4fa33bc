internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// What is kept of a request of a module's own whose way is not settled: it may go to another
/// address when this one fails (RFC 3263 4.3).
final class OwnRequest: Sendable {
    /// The request line with its line end.
    let line: [UInt8]
    /// All behind Via.
    let rest: [UInt8]
    /// Where it may go yet, the best address first.
    let candidates: [Origin]

    /// A request and where it may go.
    init(line: [UInt8], rest: [UInt8], candidates: [Origin]) {
        self.line = line
        self.rest = rest
        self.candidates = candidates
    }

    /// The same with other places to go.
    func with(_ candidates: [Origin]) -> OwnRequest {
        OwnRequest(line: line, rest: rest, candidates: candidates)
    }

    /// The method.
    var method: SIPMethod {
        let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.count
        let name = Array(line[..<end])
        return SIPMethod(name: name.span)
    }
}
