import Basics
import SIPSyntax
import Testing

@testable import Transactions

/// Says in words what a machine asks for, so that a table of cases can be read.
func words(_ actions: TransactionActions) -> String {
    var words: [String] = []
    let orders = actions.orders
    if orders.contains(.send) { words.append("send") }
    if orders.contains(.acknowledge) { words.append("ack") }
    if orders.contains(.passUp) { words.append("show") }
    if orders.contains(.reportTimeout) { words.append("timeout") }
    if orders.contains(.reportFailure) { words.append("failure") }
    if orders.contains(.terminate) { words.append("gone") }
    words += change("again", actions.retransmission) + change("end", actions.lifetime)
    return words.joined(separator: " ")
}

private func change(_ name: String, _ change: TimerChange) -> [String] {
    switch change {
    case .unchanged: []
    case .stopped: ["\(name)-"]
    case .started(let milliseconds): ["\(name)=\(milliseconds)"]
    }
}

extension TransactionTimers {
    /// Timers that can be told apart.
    static var test: TransactionTimers {
        var timers = TransactionTimers()
        timers.finalResponse = 30_000
        timers.provisional = 120_000
        timers.completed = 31_000
        return timers
    }
}

/// An event of a client machine.
enum ClientEvent: Hashable, CustomStringConvertible {
    case response(Int), again, end, failed, cancelled

    var description: String {
        switch self {
        case .response(let status): "\(status)"
        case .again: "again"
        case .end: "end"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }
}

/// An event of a server machine.
enum ServerEvent: Hashable, CustomStringConvertible {
    case request, ack, answer(Int), again, end, failed

    var description: String {
        switch self {
        case .request: "request"
        case .ack: "ack"
        case .answer(let status): "answer \(status)"
        case .again: "again"
        case .end: "end"
        case .failed: "failed"
        }
    }
}

/// Reads a table of `event | what follows` lines; each must stand there once.
func table(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> [String: String] {
    var rows: [String: String] = [:]
    for line in text.split(separator: "\n") {
        let parts = line.split(separator: "|").map { part in
            part.split(separator: " ").joined(separator: " ")
        }
        let isNew = rows.updateValue(parts.count > 1 ? parts[1] : "", forKey: parts[0]) == nil
        #expect(isNew, "\(parts[0]) stands there twice", sourceLocation: sourceLocation)
    }
    return rows
}

/// `#expect` for expressions that call a noncopyable value, which the macro cannot take apart.
func check(
    _ condition: Bool, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(condition, comment, sourceLocation: sourceLocation)
}
