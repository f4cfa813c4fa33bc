internal import ModuleKit

/// Transformations of values: `$(rU{s.substr,0,3}{s.toupper})`.
extension Scope {
    /// Checks a variable with transformations and, with instances at hand, compiles it.
    ///
    /// They are applied from left to right, and the result cannot be written to.
    func transformed(_ syntax: VariableSyntax) throws(VariableFailure) -> VariableAccess {
        var plain = syntax
        plain.transformations = []
        let read = try variable(plain).read
        var steps: [Transformation] = []
        for text in syntax.transformations { steps.append(try transformation(text)) }
        if steps.count == 1 {
            let step = steps[0]
            return VariableAccess(read: { context in step(context, read(context)) })
        }
        let chain = steps
        return VariableAccess(read: { context in
            var value = read(context)
            for step in chain { value = step(context, value) }
            return value
        })
    }

    /// Compiles one transformation; `text` is what stands between its braces.
    private func transformation(_ text: String) throws(VariableFailure) -> Transformation {
        let bytes = Array(text.utf8)
        let end = bytes.firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
        let name = Self.name(bytes[..<end])
        guard let row = transformations[name] else {
            throw VariableFailure(
                .unsupported, "unknown transformation {\(text)}", hint(transformation: name))
        }
        do {
            let parts = try Self.split(bytes, from: end, row.parameters)
            var sources: [ArgumentSource] = []
            for (place, part) in parts.enumerated() {
                sources.append(try source(part, row, place))
            }
            return try row.bind(sources, Templates(scope: try nestedScope()))
        } catch {
            throw VariableFailure(.value, "{\(text)}: \(error.message)", nil)
        }
    }

    /// A name in lower case and without the spaces that Kamailio allows around its parts.
    private static func name(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).filter { $0 != " " && $0 != "\t" }.lowercased()
    }

    /// Takes the parameters apart, each of which begins with a comma.
    ///
    /// A character and what takes the rest may hold commas themselves. Within a pseudo-variable
    /// commas do not count either: it may have transformations with parameters of its own.
    private static func split(
        _ bytes: [UInt8], from start: Int, _ parameters: [TransformationParameter]
    ) throws(ArgumentError) -> [String] {
        var parts: [String] = []
        var place = start
        while place < bytes.count {
            let from = place + 1
            var end = from
            let isLast = parts.count == parameters.count - 1
            if isLast, [.rest, .character].contains(parameters[parts.count].kind) {
                end = bytes.count
            } else if from < bytes.count, bytes[from] == Byte.dollar {
                guard let behind = VariableSyntax.end(in: bytes, from: from) else {
                    throw ArgumentError("a \"$\" begins no pseudo-variable")
                }
                end = behind
                guard end == bytes.count || bytes[end] == UInt8(ascii: ",") else {
                    throw ArgumentError("something stands behind a pseudo-variable")
                }
            } else {
                while end < bytes.count, bytes[end] != UInt8(ascii: ",") { end += 1 }
            }
            parts.append(String(decoding: bytes[from..<end], as: UTF8.self))
            place = end
        }
        return parts
    }

    /// What a parameter is: what begins with a dollar sign is a pseudo-variable as a whole.
    private func source(
        _ text: String, _ row: TransformationRow, _ place: Int
    ) throws(ArgumentError) -> ArgumentSource {
        guard text.hasPrefix("$"), place < row.parameters.count,
            row.parameters[place].kind != .rest, text != "$"
        else { return .string(text) }
        let inner = try nestedScope()
        let syntax = try VariableSyntax.parse(text)
        do throws(VariableFailure) {
            return .expression(try inner.variable(syntax).read)
        } catch {
            throw ArgumentError(error.message + (error.hint.map { "; \($0)" } ?? ""))
        }
    }

    /// What to do about a transformation that nobody has.
    private func hint(transformation name: String) -> String? {
        let owner = catalogue.first { module in
            module.transformations.contains { $0.name == name }
        }
        if let owner {
            return "it belongs to module \"\(owner.name)\": loadmodule \"\(owner.name).so\""
        }
        return NearestName.find(name, among: transformations.keys.sorted()).map {
            "did you mean {\($0)}?"
        }
    }
}
