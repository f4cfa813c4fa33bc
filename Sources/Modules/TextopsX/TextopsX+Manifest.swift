internal import Basics
public import ModuleKit
internal import SIPSyntax

extension TextopsXModule {
    /// What the module declares.
    public static let manifest = Manifest<TextopsXModule>(
        "textopsx", "More operations on the text of messages.",
        functions: wholes + values + sets + fieldIterators + lineIterators,
        variables: [
            iteratorVariable("hfitname", "Name of the header field at an iterator.") {
                (module, context, name) in
                guard let number = module.field(context, name) else { return .null }
                return .text(.message(context.message.field(number).nameRange))
            },
            iteratorVariable("hfitbody", "Value of the header field at an iterator.") {
                (module, context, name) in
                guard let number = module.field(context, name) else { return .null }
                return .text(.message(context.message.field(number).value))
            },
            iteratorVariable("blitval", "Line of the body at an iterator, with its line end.") {
                (module, context, name) in
                module.line(context, name).map { .text(.message($0)) } ?? .null
            },
        ])

    private static let done = "1 done, -1 not"

    private static var wholes: [FunctionRow<TextopsXModule>] {
        [
            FunctionRow(
                "msg_apply_changes", routes: [.request, .coreReply], returns: done,
                "Makes the changes that wait, so that the script reads the message with them."
            ) { (_, context) in applyChanges(context) },
            FunctionRow(
                "msg_set_buffer", .string("message"), routes: [.request, .coreReply],
                returns: done, "Puts another message in the place of the one at hand."
            ) { (_, context, text: ScriptText) in
                context.replaceMessage(context.bytes(of: text).span) ? 1 : -1
            },
            FunctionRow(
                "change_reply_status", .integer("code"), .string("reason"),
                routes: [.reply, .coreReply], returns: done,
                "Gives a reply that is sent on another status and reason."
            ) { (_, context, code, reason: ScriptText) in changeStatus(context, code, reason) },
            FunctionRow(
                "change_reply_status_code", .integer("code"), routes: [.reply, .coreReply],
                returns: done, "Gives a reply that is sent on another status."
            ) { (_, context, code) in changeStatus(context, code, nil) },
            FunctionRow("remove_body", returns: done, "Takes out the body.") { (_, context) in
                removeBody(context)
            },
            FunctionRow(
                "keep_hf", Argument.pattern("pattern").optional, returns: done,
                "Takes out the header fields that no message needs, but those whose name matches."
            ) { (_, context, pattern) in keepFields(context, pattern) },
            FunctionRow(
                "fnmatch", .string("text"), .string("pattern"),
                Argument.string("flags").optional, returns: "1 yes, -1 no",
                "Whether a shell's pattern covers a text; flag i takes no notice of case."
            ) { (_, context, text: ScriptText, pattern: ScriptText, flags) in
                // Made at each call: both texts may be computed, and nothing of a pattern is
                // compiled.
                let shell = ShellPattern(
                    pattern: context.bytes(of: pattern),
                    ignoresCase: flags.map { context.bytes(of: $0).contains(105) } ?? false)
                return shell.matches(context.bytes(of: text)) ? 1 : -1
            },
        ]
    }

    /// A function on a header field that its first argument names, and a text.
    private static func row(
        _ name: String, _ summary: String, allowsParameter: Bool = false,
        _ call: @escaping @Sendable (ScriptContext, FieldReference, [UInt8]) -> Int
    ) -> FunctionRow<TextopsXModule> {
        FunctionRow(
            name, .constant("field"), .string("value"), returns: done, summary,
            compile: { (_, field, value) throws(ArgumentError) in
                guard case .constant(let field) = field else {
                    throw ArgumentError("expected a constant")
                }
                // Read once, when the script is loaded: a wrong reference is found before any
                // message.
                let reference = try FieldReference(field, allowsParameter: allowsParameter)
                return { context in
                    guard let value = value.value(context) else { return -1 }
                    return call(context, reference, context.bytes(of: value))
                }
            })
    }

    private static var values: [FunctionRow<TextopsXModule>] {
        let removing = [("remove_hf_value", false), ("remove_hf_value2", true)].map {
            name, isWhole in
            FunctionRow<TextopsXModule>(
                name, .constant("field"), returns: done,
                isWhole
                    ? "Takes out a header field with credentials, or a parameter of it."
                    : "Takes out a value of a header field, or a parameter of it.",
                compile: { (_, field) throws(ArgumentError) in
                    guard case .constant(let field) = field else {
                        throw ArgumentError("expected a constant")
                    }
                    let reference = try FieldReference(field, allowsParameter: true)
                    return { FieldValues.remove($0, reference, isWhole: isWhole) }
                })
        }
        let assigning = [("assign_hf_value", false), ("assign_hf_value2", true)].map {
            name, isWhole in
            row(
                name,
                isWhole
                    ? "Sets a header field with credentials, or a parameter of it."
                    : "Sets a value of a header field, or a parameter of it.",
                allowsParameter: true
            ) { FieldValues.assign($0, $1, $2, isWhole: isWhole) }
        }
        return removing + assigning + [
            row("append_hf_value", "Adds a value behind another, or a field behind all.") {
                FieldValues.append($0, $1, $2)
            },
            row("insert_hf_value", "Adds a value before another, or a field before its like.") {
                FieldValues.insert($0, $1, $2)
            },
        ]
    }

    private static var sets: [FunctionRow<TextopsXModule>] {
        [
            row("include_hf_value", "Adds a token to a list unless it is in it.") {
                FieldValues.include($0, $1, $2)
            },
            row("exclude_hf_value", "Takes a token out of a list.") {
                FieldValues.exclude($0, $1, $2)
            },
            row("hf_value_exists", "Whether a list has a token.") {
                FieldValues.holds($0, $1.name, $2) ? 1 : -1
            },
        ]
    }

    // MARK: Iterators

    /// A function on the iterator that its argument names.
    private static func iterator(
        _ name: String, _ summary: String,
        _ call: @escaping @Sendable (TextopsXModule, ScriptContext, [UInt8]) -> Int
    ) -> FunctionRow<TextopsXModule> {
        FunctionRow(name, .string("iterator"), returns: done, summary) {
            (module, context, name: ScriptText) in
            call(module, context, context.bytes(of: name))
        }
    }

    /// The same with a text.
    private static func iterator(
        _ name: String, _ summary: String,
        _ call: @escaping @Sendable (TextopsXModule, ScriptContext, [UInt8], [UInt8]) -> Int
    ) -> FunctionRow<TextopsXModule> {
        FunctionRow(name, .string("iterator"), .string("text"), returns: done, summary) {
            (module, context, name: ScriptText, text: ScriptText) in
            call(module, context, context.bytes(of: name), context.bytes(of: text))
        }
    }

    private static var fieldIterators: [FunctionRow<TextopsXModule>] {
        [
            iterator("hf_iterator_start", "Starts an iterator over header fields.") {
                Iterators.start($2, &$0.iterators($1).fields) ? 1 : -1
            },
            iterator("hf_iterator_end", "Ends it.") { (module, context, name) in
                module.iterators(context).fields.removeAll { $0.name == name }
                return 1
            },
            iterator("hf_iterator_next", "Moves it to the next field; at first to the first.") {
                $0.moveField($1, $2, by: 1)
            },
            iterator("hf_iterator_prev", "Moves it to the field before.") {
                $0.moveField($1, $2, by: -1)
            },
            iterator("hf_iterator_rm", "Takes the field out.") { (module, context, name) in
                guard let number = module.field(context, name) else { return -1 }
                return context.removeField(number) ? 1 : -1
            },
            iterator("hf_iterator_append", "Adds header fields behind the field.") {
                (module, context, name, text) in
                guard let number = module.field(context, name) else { return -1 }
                return context.addHeader(text, .behind(field: number)) ? 1 : -1
            },
            iterator("hf_iterator_insert", "Adds header fields before the field.") {
                (module, context, name, text) in
                guard let number = module.field(context, name) else { return -1 }
                return context.addHeader(text, .inFrontOf(field: number)) ? 1 : -1
            },
        ]
    }

    private static var lineIterators: [FunctionRow<TextopsXModule>] {
        [
            iterator("bl_iterator_start", "Starts an iterator over the lines of the body.") {
                Iterators.start($2, &$0.iterators($1).lines) ? 1 : -1
            },
            iterator("bl_iterator_end", "Ends it.") { (module, context, name) in
                module.iterators(context).lines.removeAll { $0.name == name }
                return 1
            },
            iterator("bl_iterator_next", "Moves it to the next line; at first to the first.") {
                $0.moveLine($1, $2)
            },
            iterator("bl_iterator_rm", "Takes the line out.") { (module, context, name) in
                guard let line = module.line(context, name) else { return -1 }
                return context.edits.override(line, with: []) ? 1 : -1
            },
            iterator("bl_iterator_append", "Adds text behind the line.") {
                (module, context, name, text) in
                guard let line = module.line(context, name) else { return -1 }
                return context.edits.insert(text, at: line.end) ? 1 : -1
            },
            iterator("bl_iterator_insert", "Adds text before the line.") {
                (module, context, name, text) in
                guard let line = module.line(context, name) else { return -1 }
                return context.edits.insert(text, at: line.start) ? 1 : -1
            },
        ]
    }

    private static func iteratorVariable(
        _ name: String, _ summary: String,
        _ read: @escaping @Sendable (TextopsXModule, ScriptContext, [UInt8]) -> ScriptValue
    ) -> VariableRow<TextopsXModule> {
        VariableRow(
            name, inner: .required, summary,
            check: { (reference) throws(ArgumentError) in
                // An iterator is known by a name that stands in the script; nothing else makes
                // sense.
                if reference.dynamicInner != nil || reference.index != nil {
                    throw ArgumentError("expected the name of an iterator")
                }
            },
            compile: { (module, reference) throws(ArgumentError) in
                let iterator = Array((reference.inner ?? "").utf8)
                return VariableAccess(read: { read(module, $0, iterator) })
            })
    }
}
