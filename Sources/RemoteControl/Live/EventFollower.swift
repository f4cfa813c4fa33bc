internal import JSONValue

/// `roostctl watch --events`: a line for each event, until the count or ctrl-C ends it.
///
/// When the server goes away it comes back by itself, with the id of the last event, so that the
/// server can send what was missed.
struct EventFollower {
    /// The server and the outputs.
    private let session: ControlSession
    /// What was asked for.
    private let options: WatchOptions

    /// A follower of the kinds that stand behind `--events`; all but refreshes without any.
    init(_ session: ControlSession, _ options: WatchOptions) throws(ControlError) {
        for kind in options.words {
            guard !kind.isEmpty, kind.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "-") })
            else { throw ControlError(.usage, "\"\(kind)\" is no kind of events") }
        }
        self.session = session
        self.options = options
    }

    /// Follows; the first connection must succeed, later ones are tried again.
    func run() throws(ControlError) -> Int32 {
        var reader = EventStreamReader()
        var shown = 0
        var isFirst = true
        while true {
            do throws(ControlError) {
                try session.server.follow(path(reader.lastID)) { (bytes) throws(ControlError) in
                    isFirst = false
                    for event in try reader.take(bytes) {
                        show(event)
                        shown += event.kind == "ready" ? 0 : 1
                        if let count = options.count, shown >= count { return false }
                    }
                    return true
                }
            } catch {
                if isFirst || error.kind != .unreachable { throw error }
                _ = session.complain(error)
            }
            if let count = options.count, shown >= count { return 0 }
            isFirst = false
            reader.restart()
            let pause = max(Double(reader.retryMilliseconds) / 1_000, 0.1)
            _ = Ticker.wait(seconds: pause, keys: false, shown: (0, 0))
        }
    }

    /// The path with the kinds and where to go on.
    private func path(_ last: String) -> String {
        var queries: [String] = []
        if !options.words.isEmpty {
            queries.append("kinds=" + options.words.joined(separator: ","))
        }
        // Only what could have been an id of this server goes into a request.
        let isID = last.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        if !last.isEmpty, isID { queries.append("last=" + last) }
        return queries.isEmpty ? "events" : "events?" + queries.joined(separator: "&")
    }

    /// Prints an event: a line of names and values, or of JSON.
    private func show(_ event: EventStreamReader.Event) {
        let data = (try? JSONValue(parsing: event.data)) ?? .string(event.data)
        guard session.options.format != .json else {
            let object: JSONValue = [
                "event": .string(event.kind), "id": .string(event.id), "data": data,
            ]
            session.output.write(object.encoded() + "\n")
            return
        }
        let time = Ticker.timeOfDay(data["time"]?.integer.map { Int($0) })
        let parts = (data.members ?? []).filter { $0.name != "time" }.map { member in
            let text = ReadableText.scalar(member.value) ?? member.value.encoded()
            return "\(SafeText.printable(member.name))=\(text)"
        }
        let kind = TextWidth.padded(SafeText.printable(event.kind), to: 12)
        var line = "\(time) \(kind) \(parts.joined(separator: " "))"
        while line.last == " " { line.removeLast() }
        session.output.write(line + "\n")
    }
}
