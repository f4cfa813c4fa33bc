internal import Basics
internal import JSONValue

/// Prints one answer: laid out when it is small enough to be held, as it comes otherwise.
///
/// The server cannot tell in advance how long an answer is, so the decision falls when the room is
/// used up: what was held until then is printed first, and nothing is lost or printed twice.
struct AnswerPrinter: ~Copyable {
    /// Where answers go.
    private let output: any TextOutput
    /// How they are shown.
    private let format: PrintFormat
    /// Columns of the terminal; nil where there is none.
    private let width: Int?
    /// Bytes that are kept to make a table of them.
    private let heldBytesMax: Int
    /// What is kept so far.
    private var held: [UInt8] = []
    /// Shows what was too large for a table.
    private var outline: OutlinePrinter?

    /// A printer that holds up to `heldBytesMax` bytes before it prints as they come.
    ///
    /// Tables are cut to `width`. What comes as it is has no tables: their columns would have to be
    /// known before the last row has arrived.
    init(
        _ output: any TextOutput, _ format: PrintFormat, width: Int? = nil,
        heldBytesMax: Int = Limits.laidOutBytesMax
    ) {
        self.output = output
        self.format = format
        self.width = width
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
        var started = OutlinePrinter(output, asJSON: format == .json)
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
        output.write(Self.text(try RPCReply(held).get(), format, width: width))
    }

    /// A result as it is printed, with the end of its last line; nothing for "done".
    static func text(_ result: JSONValue, _ format: PrintFormat, width: Int?) -> String {
        let lines: [String]
        switch format {
        case .json: return result.encoded(isPretty: true) + "\n"
        case .outline: lines = ReadableText.lines(result)
        case .table: lines = RecordTables.lines(result, width: width)
        }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }
}
