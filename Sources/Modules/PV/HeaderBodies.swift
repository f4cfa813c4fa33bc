internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// `$hfl(name)` and `$hflc(name)`: the bodies of header fields that are lists, one by one.
///
/// Fields that are no list have one body each, as with `$hdr`.
struct HeaderBodies: Sendable {
    private let name: HeaderName
    private let whole: HeaderReference
    private let index: VariableReference.Index?

    /// The field that a reference names.
    init(_ reference: VariableReference) throws(ArgumentError) {
        whole = try HeaderReference(reference)
        let text = Array((reference.inner ?? "").utf8)
        name = HeaderName(name: text.span)
        index = reference.index
    }

    /// Whether its bodies are looked at one by one: those that the scanner knows as lists.
    private var isList: Bool {
        switch name {
        case .via, .contact, .route, .recordRoute, .path, .serviceRoute, .supported, .allow: true
        default: false
        }
    }

    /// The first body, or the one of the index.
    func read(_ context: ScriptContext) -> ScriptValue {
        guard isList else { return whole.read(context) }
        guard var place = index == nil ? 0 : index?.number(context) else { return .null }
        if place < 0 { place += count(context) }
        guard place >= 0 else { return .null }
        let found = context.withMessage { message -> ByteRange? in
            var values = message.values(name)
            var left = place
            while let value = values.next() {
                if left == 0 { return value }
                left -= 1
            }
            return nil
        }
        return found.map { .text(.message($0)) } ?? .null
    }

    /// How many bodies there are.
    func count(_ context: ScriptContext) -> Int {
        guard isList else { return whole.count(context) }
        return context.withMessage { message in
            var values = message.values(name)
            var count = 0
            while values.next() != nil { count += 1 }
            return count
        }
    }
}
