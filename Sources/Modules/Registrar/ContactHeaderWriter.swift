import Basics
import Locations

/// Writes the bindings of an AoR as the Contact header field of a reply (RFC 3261 10.3 step 8).
struct ContactHeaderWriter {
    /// Name of the parameter for the received address; empty hides it.
    let receivedParameter: String
    /// The time that lifetimes are counted from.
    let now: WallTime

    /// Adds one binding; the first one opens the header line.
    func write(_ binding: borrowing BindingView, into writer: inout ByteWriter) {
        if writer.count == 0 { writer.append("Contact: ") } else { writer.append(", ") }
        writer.append(UInt8(ascii: "<"))
        writer.append(binding.uri)
        writer.append(UInt8(ascii: ">"))
        if let q = binding.values.q { Self.write(q: q, into: &writer) }
        writer.append(";expires=")
        writer.append(decimal: remaining(binding))
        if !binding.received.isEmpty, !receivedParameter.isEmpty {
            writer.append(UInt8(ascii: ";"))
            writer.append(receivedParameter)
            writer.append("=\"")
            writer.append(binding.received)
            writer.append(UInt8(ascii: "\""))
        }
        guard !binding.instance.isEmpty else { return }
        writer.append(";+sip.instance=\"")
        writer.append(binding.instance)
        writer.append(UInt8(ascii: "\""))
        guard binding.values.regID > 0 else { return }
        writer.append(";reg-id=")
        writer.append(decimal: binding.values.regID)
    }

    /// Seconds that a binding still lives; a permanent one shows the largest value there is, where
    /// stock Kamailio prints a negative number.
    private func remaining(_ binding: borrowing BindingView) -> Int {
        guard let expires = binding.values.expires else { return Int(Int32.max) }
        return max(0, expires.seconds - now.seconds)
    }

    /// Writes q as `0`, `1`, or with as many of three decimals as it needs.
    static func write(q: Int, into writer: inout ByteWriter) {
        assert(q >= 0 && q <= 1000)
        writer.append(";q=")
        guard q > 0, q < 1000 else {
            writer.append(decimal: q / 1000)
            return
        }
        writer.append("0.")
        writer.append(decimal: q / 100)
        guard q % 100 > 0 else { return }
        writer.append(decimal: q / 10 % 10)
        if q % 10 > 0 { writer.append(decimal: q % 10) }
    }
}
