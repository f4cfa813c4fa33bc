internal import Basics

/// Numbers as scripts, settings and remote controls write them.
public enum ScriptNumber {
    /// A literal: decimal, `0x` hexadecimal or, with a leading `0`, octal, with an optional sign.
    ///
    /// Nil when the text is none, or does not fit 64 bits.
    public static func parse(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return read(bytes.span, allowsOctal: true)
    }

    /// What a string is worth as a number while a script runs: decimal or `0x` hexadecimal, so that
    /// "010" is ten.
    ///
    /// Nil when it is no number; whoever asks decides what that means.
    public static func convert(_ bytes: Span<UInt8>) -> Int? {
        read(bytes, allowsOctal: false)
    }

    private static func read(_ bytes: Span<UInt8>, allowsOctal: Bool) -> Int? {
        var place = 0
        var isNegative = false
        if !bytes.isEmpty, bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
            isNegative = bytes[0] == UInt8(ascii: "-")
            place = 1
        }
        var radix = 10
        if bytes.count - place > 1, bytes[place] == UInt8(ascii: "0") {
            if bytes[place + 1] | 0x20 == UInt8(ascii: "x") {
                radix = 16
                place += 2
            } else if allowsOctal {
                radix = 8
                place += 1
            }
        }
        guard place < bytes.count else { return nil }
        var value = 0
        while place < bytes.count {
            guard let digit = hexadecimal(bytes[place]), Int(digit) < radix else { return nil }
            let product = value.multipliedReportingOverflow(by: radix)
            // Negative numbers are built downwards, so that the lowest one is reached too.
            let sum =
                isNegative
                ? product.partialValue.subtractingReportingOverflow(Int(digit))
                : product.partialValue.addingReportingOverflow(Int(digit))
            guard !product.overflow, !sum.overflow else { return nil }
            value = sum.partialValue
            place += 1
        }
        return value
    }
}
