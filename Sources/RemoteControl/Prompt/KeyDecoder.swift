/// Turns the bytes of a terminal into keys: control characters, escape sequences, UTF-8.
public struct KeyDecoder: Sendable {
    /// Bytes that may become a key with those that follow.
    private var pending: [UInt8] = []

    /// A decoder without bytes.
    public init() {}

    /// Takes one byte; nil while a key is incomplete.
    ///
    /// A lone ESC is not told from the start of a sequence, which would take a clock: it waits for
    /// the next byte and is read together with it.
    public mutating func take(_ byte: UInt8) -> KeyEvent? {
        pending.append(byte)
        if pending[0] == 0x1B { return escape() }
        if pending[0] >= 0x80 { return unicode() }
        pending.removeAll()
        return Self.control(byte)
    }

    /// What a byte below 128 means: letters themselves, control keys as in other shells.
    private static func control(_ byte: UInt8) -> KeyEvent {
        switch byte {
        case 1: .home
        case 2: .left
        case 3: .cancel
        case 4: .endOfInput
        case 5: .end
        case 6: .right
        case 8, 127: .backspace
        case 9: .tab
        case 10, 13: .enter
        case 11: .cutToEnd
        case 12: .clear
        case 14: .down
        case 16: .up
        case 21: .cutToStart
        case 23: .cutWord
        case 25: .paste
        case 0..<0x20: .unknown
        default: .character(Character(Unicode.Scalar(byte)))
        }
    }

    /// `ESC [ A`, `ESC O A`, `ESC [ 3 ~`, `ESC [ 1 ; 5 C`, `ESC b`.
    ///
    /// ECMA-48 5.4: parameters, then one final byte from 0x40 to 0x7E. Sixteen bytes without one
    /// are no key of any terminal, and the decoder starts over.
    private mutating func escape() -> KeyEvent? {
        guard pending.count > 1 else { return nil }
        let kind = pending[1]
        guard kind == UInt8(ascii: "[") || kind == UInt8(ascii: "O") else {
            pending.removeAll()
            switch kind {
            case UInt8(ascii: "b"): return .wordLeft
            case UInt8(ascii: "f"): return .wordRight
            default: return .unknown
            }
        }
        guard pending.count > 2 else { return nil }
        guard let last = pending.last, last >= 0x40, last <= 0x7E else {
            guard pending.count > 16 else { return nil }
            pending.removeAll()
            return .unknown
        }
        let parameters = String(decoding: pending[2..<(pending.count - 1)], as: UTF8.self)
        pending.removeAll()
        return Self.sequence(last, parameters)
    }

    /// What the end of a sequence and its parameters mean, for xterm and its relatives.
    private static func sequence(_ last: UInt8, _ parameters: String) -> KeyEvent {
        let isControl = parameters == "1;5"
        switch (last, parameters) {
        case (UInt8(ascii: "A"), _): return .up
        case (UInt8(ascii: "B"), _): return .down
        case (UInt8(ascii: "C"), _): return isControl ? .wordRight : .right
        case (UInt8(ascii: "D"), _): return isControl ? .wordLeft : .left
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"):
            return .home
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"):
            return .end
        case (UInt8(ascii: "~"), "3"): return .delete
        default: return .unknown
        }
    }

    /// A character of several bytes; what is none becomes one unknown key.
    ///
    /// The length comes from the first byte (RFC 3629 section 3); whether the rest fits it is left
    /// to the standard library.
    private mutating func unicode() -> KeyEvent? {
        let length: Int
        switch pending[0] {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: length = 1
        }
        guard pending.count >= length else { return nil }
        defer { pending.removeAll() }
        guard length > 1, let text = String(validating: pending, as: UTF8.self), text.count == 1,
            let character = text.first
        else { return .unknown }
        return .character(character)
    }
}
