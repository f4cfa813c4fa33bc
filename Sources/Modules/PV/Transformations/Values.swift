internal import Basics
internal import ModuleKit

/// `{val.…}`, `{num.…}` and `{sql.…}`: values for those who cannot do with null.
extension Transformations {
    /// All of the class `val`.
    static var values: [TransformationRow] {
        [
            TransformationRow("val.n0", "0 for null.") { _, value in
                if case .null = value { return .integer(0) }
                return value
            },
            TransformationRow("val.ne", "The empty string for null.") { _, value in
                if case .null = value { return .text(.owned([])) }
                return value
            },
            TransformationRow("val.json", "Escaped for a JSON string; empty for null.") {
                context, value in
                switch value {
                case .null: return .text(.owned([]))
                case .integer: return value
                case .text(let text):
                    return context.derive(text) { bytes, writer in
                        writeJSON(bytes, &writer)
                        return true
                    }
                }
            },
            TransformationRow("val.jsonqe", "As a JSON value: a number or a quoted string.") {
                context, value in
                if case .integer = value { return value }
                let text: ScriptText = context.text(value) ?? .owned([])
                return context.derive(text) { bytes, writer in
                    writer.append("\"")
                    writeJSON(bytes, &writer)
                    writer.append("\"")
                    return true
                }
            },
        ]
    }

    /// All of the class `num`.
    static var numbers: [TransformationRow] {
        [
            .number("num.fdigit", "The first digit of a number.") { bytes, _, _ in
                for place in bytes.indices where bytes[place] &- 48 < 10 {
                    return Int(bytes[place] - 48)
                }
                return nil
            },
            .number("num.ldigit", "The last digit of a number.") { bytes, _, _ in
                guard !bytes.isEmpty, bytes[bytes.count - 1] &- 48 < 10 else { return nil }
                return Int(bytes[bytes.count - 1] - 48)
            },
        ]
    }

    /// Quoting as MariaDB's dialect has it; integers stand for themselves.
    static var sql: [TransformationRow] {
        [
            quoted("sql.val", "As a value of SQL; NULL for null.", null: "NULL"),
            quoted("sql.val.int", "As a value of SQL; 0 for null.", null: "0"),
            quoted("sql.val.str", "As a value of SQL; '' for null.", null: "''"),
        ]
    }

    private static func quoted(
        _ name: String, _ summary: String, null: String
    ) -> TransformationRow {
        let missing = ScriptValue.string(null)
        return TransformationRow(name, summary) { context, value in
            switch value {
            case .null: return missing
            case .integer: return value
            case .text(let text):
                return context.derive(text) { bytes, writer in
                    writer.append("'")
                    writeEscaped(bytes, &writer)
                    writer.append("'")
                    return true
                }
            }
        }
    }

    /// Escapes what a JSON string may not hold (RFC 8259 7); other bytes stay as they are.
    private static func writeJSON(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) {
        for place in bytes.indices {
            switch bytes[place] {
            case 0x22: writer.append("\\\"")
            case 0x5c: writer.append("\\\\")
            case 0x08: writer.append("\\b")
            case 0x09: writer.append("\\t")
            case 0x0a: writer.append("\\n")
            case 0x0c: writer.append("\\f")
            case 0x0d: writer.append("\\r")
            case let byte where byte < 0x20:
                writer.append("\\u")
                writer.append(hexadecimal: UInt64(byte), width: 4)
            default: writer.append(bytes[place])
            }
        }
    }
}
