internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The iterators of one worker; they belong to one message and end with it.
final class Iterators {
    /// Most of a kind at the same time, as in Kamailio.
    static let limit = 4

    /// Where an iterator stands.
    struct Entry {
        /// What the script calls it.
        let name: [UInt8]
        /// The number of a header field, or the offset of a line within the body; -1 in front of
        /// the first.
        var place = -1
        /// Where the body's next line begins.
        var next = 0
    }

    /// Over header fields.
    var fields: [Entry] = []
    /// Over the lines of the body.
    var lines: [Entry] = []
    private var message: UInt64 = 0

    /// Forgets what belongs to another message.
    func begin(_ number: UInt64) {
        // Places are those of one message; used on another they would point anywhere.
        guard message != number else { return }
        message = number
        fields.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    /// Starts an iterator, or starts it anew; false when there are too many.
    static func start(_ name: [UInt8], _ entries: inout [Entry]) -> Bool {
        // A script that runs in a loop starts the same iterator again and again: no error.
        if let place = entries.firstIndex(where: { $0.name == name }) {
            entries[place] = Entry(name: name)
            return true
        }
        // Bounded, because the names may come from messages.
        guard entries.count < limit else { return false }
        entries.append(Entry(name: name))
        return true
    }
}

extension TextopsXModule {
    /// The iterators of the worker at hand.
    func iterators(_ context: ScriptContext) -> Iterators {
        let iterators = context.workspace(settings) { Iterators() }
        iterators.begin(context.messageNumber)
        return iterators
    }

    // MARK: Header fields

    /// Moves by one; -1 at the end, or without the iterator.
    func moveField(_ context: ScriptContext, _ name: [UInt8], by step: Int) -> Int {
        let all = iterators(context)
        guard let index = all.fields.firstIndex(where: { $0.name == name }) else { return -1 }
        let place = all.fields[index].place + step
        // At the end the iterator stays where it is, so that a step back is possible.
        guard place >= 0, place < context.message.headerCount else { return -1 }
        all.fields[index].place = place
        return 1
    }

    /// The number of the field at which an iterator stands.
    func field(_ context: ScriptContext, _ name: [UInt8]) -> Int? {
        // `msg_apply_changes` may have left fewer fields than there were when the iterator moved.
        guard let entry = iterators(context).fields.first(where: { $0.name == name }),
            entry.place >= 0, entry.place < context.message.headerCount
        else { return nil }
        return entry.place
    }

    // MARK: Lines of the body

    /// Moves to the next line; -1 behind the last, or without the iterator.
    func moveLine(_ context: ScriptContext, _ name: [UInt8]) -> Int {
        let all = iterators(context)
        guard let index = all.lines.firstIndex(where: { $0.name == name }) else { return -1 }
        let start = all.lines[index].next
        guard let range = line(context, at: start) else { return -1 }
        all.lines[index].place = start
        all.lines[index].next = start + Int(range.count)
        return 1
    }

    /// Where the line is at which an iterator stands, with its line end.
    func line(_ context: ScriptContext, _ name: [UInt8]) -> ByteRange? {
        guard let entry = iterators(context).lines.first(where: { $0.name == name }),
            entry.place >= 0
        else { return nil }
        return line(context, at: entry.place)
    }

    /// The line that begins at an offset within the body; nil at its end.
    private func line(_ context: ScriptContext, at offset: Int) -> ByteRange? {
        let body = context.message.body
        return context.withMessage { message in
            let text = message[body]
            guard offset < text.count else { return nil }
            var end = offset
            while end < text.count, text[end] != 10 { end += 1 }
            end = min(end + 1, text.count)
            return ByteRange(offset: body.start + offset, count: end - offset)
        }
    }
}
