internal import JSONValue
internal import ModuleKit

/// Brings the parameters of a request into the order and the types that a command declares.
///
/// Commands get their parameters checked, converted and in order, so that no command looks at JSON
/// itself and every one of them complains in the same words. Numbers pass for strings and strings
/// that hold a number for numbers, since a remote control cannot know what a command wants: the
/// user part `1000` is typed like the number. Booleans, arrays and objects never pass for anything
/// else.
struct ParameterBinding {
    private let method: BoundMethod

    /// The binding for calls of one command.
    init(_ method: BoundMethod) { self.method = method }

    /// One value a declared parameter; errors name the parameter and what was expected.
    ///
    /// Absent `params` are like an empty array (JSON-RPC 2.0 section 4.2). The first fault is told
    /// and the others are not looked for.
    func bind(_ given: JSONValue?) throws(RPCError) -> [JSONValue?] {
        switch given {
        case nil: try complete(Array(repeating: nil, count: method.parameters.count))
        case .array(let values): try complete(try positional(values))
        case .object(let members): try complete(try named(members))
        default:
            throw RPCError(
                RPCError.invalidRequest, "params must be an array or an object",
                data: ["expected": "an array or an object"])
        }
    }

    /// Values in the order of declaration; a rest parameter takes what is left.
    ///
    /// More values than parameters are refused: whoever sends them expects them to do something.
    private func positional(_ values: [JSONValue]) throws(RPCError) -> [JSONValue?] {
        var found: [JSONValue?] = []
        for (place, parameter) in method.parameters.enumerated() {
            if parameter.isRest {
                var items: [JSONValue] = []
                for value in values.dropFirst(place) {
                    items.append(try convert(value, parameter))
                }
                found.append(items.isEmpty ? nil : .array(items))
                return found
            }
            guard place < values.count else {
                found.append(nil)
                continue
            }
            found.append(try value(values[place], parameter))
        }
        guard values.count <= method.parameters.count else {
            throw RPCError(
                RPCError.invalidParameters,
                "\(method.name) takes at most \(method.parameters.count) parameters, "
                    + "found \(values.count)",
                data: [
                    "expected": .array(method.parameters.map { .string($0.name) }),
                    "given": .integer(Int64(values.count)),
                ])
        }
        return found
    }

    /// Values by name; a name that is not declared is refused, because a misspelt optional
    /// parameter would otherwise be ignored in silence.
    private func named(_ members: [JSONValue.Member]) throws(RPCError) -> [JSONValue?] {
        for member in members where !method.parameters.contains(where: { $0.name == member.name }) {
            throw RPCError(
                RPCError.invalidParameters,
                "\(method.name) has no parameter \"\(member.name)\"",
                data: [
                    "parameter": .string(member.name),
                    "expected": .array(method.parameters.map { .string($0.name) }),
                ])
        }
        var found: [JSONValue?] = []
        for parameter in method.parameters {
            let given = members.first { $0.name == parameter.name }?.value
            guard let given, !(parameter.isOptional && given.isNull) else {
                found.append(nil)
                continue
            }
            guard parameter.isRest else {
                found.append(try value(given, parameter))
                continue
            }
            var items: [JSONValue] = []
            for item in given.items ?? [given] { items.append(try convert(item, parameter)) }
            found.append(items.isEmpty ? nil : .array(items))
        }
        return found
    }

    /// Refuses what is mandatory and was left out.
    ///
    /// The code is the command's own: callers of `ul.` commands expect 500 where JSON-RPC has
    /// -32602.
    private func complete(_ found: [JSONValue?]) throws(RPCError) -> [JSONValue?] {
        for (place, parameter) in method.parameters.enumerated()
        where found[place] == nil && !parameter.isOptional {
            throw RPCError(
                method.description.missingParameterCode,
                "\(method.name): parameter \(place + 1), \"\(parameter.name)\", is missing; "
                    + "expected \(parameter.kind.text)",
                data: [
                    "parameter": .string(parameter.name), "position": .integer(Int64(place + 1)),
                    "expected": .string(parameter.kind.text),
                    "description": .string(parameter.summary),
                ])
        }
        return found
    }

    /// An optional parameter that is null was left out.
    private func value(
        _ given: JSONValue, _ parameter: RPCParameter
    ) throws(RPCError) -> JSONValue? {
        if parameter.isOptional, given.isNull { return nil }
        return try convert(given, parameter)
    }

    /// The value as the kind has it: remote controls send numbers as strings and the reverse.
    private func convert(
        _ given: JSONValue, _ parameter: RPCParameter
    ) throws(RPCError) -> JSONValue {
        let call = RPCCall(
            method: method.name, values: [given], caller: RPCCaller(channel: "", address: ""))
        switch (parameter.kind, given) {
        case (.value, .string), (.value, .integer), (.value, .double), (.string, .string):
            return given
        case (.string, _):
            if let text = call.string(0) { return .string(text) }
        case (.integer, .string(let text)):
            // Decimal here, unlike in scripts: "010" is ten. Only 0x makes another number of it.
            if let number = Int64(text) { return .integer(number) }
            if text.lowercased().hasPrefix("0x"), let number = Int64(text.dropFirst(2), radix: 16) {
                return .integer(number)
            }
        case (.integer, _):
            if let number = call.integer(0) { return .integer(Int64(number)) }
        case (.number, .integer), (.number, .double): return given
        case (.number, _):
            if let number = call.double(0), number.isFinite { return .double(number) }
        default: break
        }
        throw RPCError(
            RPCError.invalidParameters,
            "\(method.name): parameter \"\(parameter.name)\" must be \(parameter.kind.text), "
                + "found \(given.kindText)",
            data: [
                "parameter": .string(parameter.name), "expected": .string(parameter.kind.text),
                "given": given,
            ])
    }
}

extension RPCParameter.Kind {
    /// What it accepts, in words.
    var text: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .value: "a string or a number"
        }
    }
}
