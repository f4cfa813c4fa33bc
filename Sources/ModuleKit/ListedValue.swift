public import Basics
internal import SIPSyntax

/// One value of a header field that is a list (RFC 3261 7.3.1).
public struct ListedValue: Sendable, Hashable {
    /// Number of the field that it stands in.
    public var field: Int
    /// Where it is in the message, without blanks around it.
    public var range: ByteRange
}

extension ScriptContext {
    /// The values of all fields of a name in order; commas within quotes and `< >` do not separate.
    ///
    /// With `isWhole` each field is one value, as those with credentials are.
    public func listedValues(_ name: [UInt8], isWhole: Bool = false) -> [ListedValue] {
        withMessage { message in
            var values: [ListedValue] = []
            var number = message.firstField(named: name.span)
            while let field = number {
                let value = message.field(field).value
                if isWhole {
                    values.append(ListedValue(field: field, range: value))
                } else {
                    var cursor = Cursor(message.bytes, in: value)
                    while !cursor.isAtEnd {
                        let part = cursor.listPart()
                        if !part.isEmpty {
                            values.append(ListedValue(field: field, range: part))
                        }
                    }
                }
                number = message.nextField(named: name.span, after: field)
            }
            return values
        }
    }

    /// Takes values out of `values`, which holds all of their fields: with their commas, or with
    /// the whole field when none is left in it.
    ///
    /// False when there are too many changes.
    public func removeValues(_ values: [ListedValue], where isRemoved: (Int) -> Bool) -> Bool {
        var place = 0
        while place < values.count {
            let field = values[place].field
            var end = place
            while end < values.count, values[end].field == field { end += 1 }
            let kept = (place..<end).filter { !isRemoved($0) }
            if kept.isEmpty {
                guard removeField(field) else { return false }
            } else {
                for index in place..<end where isRemoved(index) {
                    guard edits.override(cut(values, index, kept), with: []) else { return false }
                }
            }
            place = end
        }
        return true
    }

    /// A value with the comma behind it, or in front of it when none that is kept follows.
    private func cut(_ values: [ListedValue], _ index: Int, _ kept: [Int]) -> ByteRange {
        let start: Int
        let end: Int
        if kept.contains(where: { $0 > index }) {
            start = values[index].range.start
            end = values[index + 1].range.start
        } else {
            start = values[index - 1].range.end
            end = values[index].range.end
        }
        return ByteRange(offset: start, count: end - start)
    }
}
