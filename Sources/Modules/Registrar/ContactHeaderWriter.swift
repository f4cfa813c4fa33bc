import Basics
import Locations

/// Writes the bindings of an AoR as the Contact header field of a reply (RFC 3261 10.3 step 8).
///
/// All bindings stand in one header field, separated by commas (RFC 3261 7.3.1), as recorded
/// answers have it: some phones read the first Contact field alone.
struct ContactHeaderWriter {
    /// Name of the parameter for the received address; empty hides it.
    ///
    /// Clients behind a NAT compare it with the address they know of themselves.
    let receivedParameter: String
    /// The time that lifetimes are counted from.
    ///
    /// That of the message, so that a lifetime that was granted is shown as it was granted.
    let now: WallTime
    /// The AoR for GRUUs; nil when the client does not support them (RFC 5627 5.3).
    var gruu: GRUUName?
    /// Who notes the bindings for the script; nil for nobody.
    var recorder: BindingRecorder?

    /// Adds one binding; the first one opens the header line.
    ///
    /// It runs under the lock of a shard and writes into a buffer that is there already. The URI
    /// stands in brackets even where they could be left out, for otherwise its parameters would be
    /// read as those of the field (RFC 3261 20.10).
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
        recorder?.add(binding)
        guard !binding.instance.isEmpty else { return }
        gruu?.write(binding, into: &writer)
        writer.append(";+sip.instance=\"")
        writer.append(binding.instance)
        writer.append(UInt8(ascii: "\""))
        // A reg-id means something with an instance alone (RFC 5626 4.2).
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
    ///
    /// A qvalue has at most three decimals (RFC 3261 25.1), which is why thousandths are enough.
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
