import Basics
import SIPSyntax
import Testing

@testable import Transactions

/// A point in time of a test, in milliseconds.
func at(_ milliseconds: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000)
}

extension Origin {
    /// A peer on UDP, or on a TCP connection.
    static func peer(_ port: UInt16 = 5060, isReliable: Bool = false) -> Origin {
        let address = PeerAddress(ipv4: 0xc000_0201, port: port)
        return Origin(
            transport: isReliable ? .tcp : .udp, socket: SocketIndex(0), source: address,
            connection: isReliable ? 7 : -1)
    }
}

/// A message of some text; lines end with CR LF, the empty line is added.
func message(_ text: String) -> SIPMessage {
    var message = SIPMessage()
    let wire = text.replacing("\n", with: "\r\n") + "\r\n\r\n"
    let verdict = message.receive(Array(wire.utf8).span)
    #expect(verdict == .accept)
    return message
}

/// A request as many clients send it.
func request(
    _ method: String, branch: String? = "z9hG4bKabc", sentBy: String = "client.example.com:5060",
    uri: String = "sip:bob@example.com", fromTag: String = "f1", toTag: String? = nil,
    callID: String = "call@client", cSeq: Int = 7
) -> SIPMessage {
    let via = "SIP/2.0/UDP \(sentBy)" + (branch.map { ";branch=\($0)" } ?? "")
    let to = "<sip:bob@example.com>" + (toTag.map { ";tag=\($0)" } ?? "")
    return message(
        """
        \(method) \(uri) SIP/2.0
        Via: \(via)
        From: <sip:alice@example.com>;tag=\(fromTag)
        To: \(to)
        Call-ID: \(callID)
        CSeq: \(cSeq) \(method)
        Max-Forwards: 70
        Content-Length: 0
        """)
}

/// The text of a branch with its magic cookie.
func text(_ branch: ClientBranch) -> String {
    var writer = ByteWriter()
    branch.write(into: &writer)
    return "z9hG4bK" + writer.text
}

/// The bytes of a stored message as text.
func text(_ message: StoredMessage?) -> String? {
    message.map { String(copying: $0.span) }
}

/// The kind of error of an expression.
func refusal<R>(_ body: () throws(TransactionError) -> R) -> TransactionError.Kind? {
    do throws(TransactionError) {
        _ = try body()
        return nil
    } catch {
        return error.kind
    }
}

/// The words of an outcome's orders.
func words(_ orders: TransactionActions.Orders) -> String { words(TransactionActions(orders)) }
