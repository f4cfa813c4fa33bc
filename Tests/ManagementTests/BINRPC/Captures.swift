import Foundation
import JSONValue
import Testing

@testable import Management

/// Exchanges of kamcmd with Kamailio 5.6.3 as they were recorded.
struct Capture: Sendable, CustomTestStringConvertible {
    let command: String
    let request: [UInt8]
    let reply: [UInt8]
    let printed: String
    var testDescription: String { command }

    static let all: [Capture] = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("binrpc-captures.json")
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        return ((try? JSONValue(parsing: text))?.items ?? []).map { item in
            Capture(
                command: item["command"]?.text ?? "", request: bytes(item["request_hex"]),
                reply: bytes(item["reply_hex"]), printed: item["printed"]?.text ?? "")
        }
    }()

    private static func bytes(_ value: JSONValue?) -> [UInt8] { hexadecimal(value?.text ?? "") }
}

/// The bytes of a text of hexadecimal digits; blanks are passed over.
func hexadecimal(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// A packet taken apart.
struct Packet {
    let header: BINRPCHeader
    let values: [BINRPCValue]

    init?(_ bytes: [UInt8]) throws {
        guard let (header, count) = try BINRPCHeader.read(bytes.span) else { return nil }
        guard bytes.count == count + header.bodyCount else { return nil }
        self.header = header
        values = try BINRPCReader.values(bytes.span.extracting(count..<bytes.count))
    }
}

/// What kamcmd prints of values, without its indentation's rules for formats.
func printed(_ values: [BINRPCValue], _ depth: Int = 0) -> String {
    values.map { line(nil, $0, depth) }.joined()
}

private func line(_ name: String?, _ value: BINRPCValue, _ depth: Int) -> String {
    let start = String(repeating: "\t", count: depth) + (name.map { "\($0): " } ?? "")
    switch value {
    case .int(let number): return "\(start)\(number)\n"
    case .string(let text): return "\(start)\(text)\n"
    case .double(let number):
        let isWhole = number == number.rounded()
        return start + (isWhole ? "\(Int64(number))" : String(format: "%f", number)) + "\n"
    case .structure(let items):
        let inner = items.map { line($0.name, $0.value, depth + 1) }.joined()
        return "\(start){\n\(inner)\(String(repeating: "\t", count: depth))}\n"
    case .array(let values):
        let inner = values.map { line(nil, $0, depth + 1) }.joined()
        return "\(start)[\n\(inner)\(String(repeating: "\t", count: depth))]\n"
    case .bytes(let bytes): return "\(start)\(String(decoding: bytes, as: UTF8.self))\n"
    }
}
