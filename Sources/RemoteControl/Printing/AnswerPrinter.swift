internal import Basics
internal import JSONValue

/// Prints one answer: laid out when it is small enough to be held, as it comes otherwise.
///
/// The server cannot tell in advance how long an answer is, so the decision falls when the room is
/// used up: what was held until then is printed first, and nothing is lost or printed twice.
struct AnswerPrinter: ~Copyable {
    private let output: any TextOutput
    private let asJSON: Bool
    private let heldBytesMax: Int
    private var held: [UInt8] = []
    private var outline: OutlinePrinter?

    /// A printer that holds up to `heldBytesMax` bytes before it prints as they come.
    init(_ output: any TextOutput, asJSON: Bool, heldBytesMax: Int = Limits.laidOutBytesMax) {
        self.output = output
        self.asJSON = asJSON
        self.heldBytesMax = heldBytesMax
    }

    /// Takes bytes of the answer in.
    mutating func take(_ bytes: [UInt8]) throws(ControlError) {
        if outline != nil {
            try outline?.take(bytes)
            return
        }
        held += bytes
        guard held.count > heldBytesMax else { return }
        var started = OutlinePrinter(output, asJSON: asJSON)
        try started.take(held)
        held = []
        outline = consume started
    }

    /// Prints what is held; an error of the server is thrown.
    ///
    /// Nothing was printed before when it is thrown, so standard output stays empty on a refusal.
    mutating func end() throws(ControlError) {
        if outline != nil {
            try outline?.end()
            return
        }
        let result = try RPCReply(held).get()
        if asJSON {
            output.write(result.encoded(isPretty: true) + "\n")
        } else {
            let lines = ReadableText.lines(result)
            if !lines.isEmpty { output.write(lines.joined(separator: "\n") + "\n") }
        }
    }
}
