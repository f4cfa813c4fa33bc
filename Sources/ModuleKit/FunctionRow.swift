/// A compiled call of a script function: what runs for each message.
public typealias CompiledCall = @Sendable (ScriptContext) -> Int

/// What the checker and the documentation know of one argument.
public struct ArgumentDescription: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// What it accepts, in words.
    public var expects: String
    /// Whether it may be left out.
    public var isOptional: Bool
}

/// The declaration of one script function.
///
/// Arguments are typed by `Argument<T>`: literals are converted once, when the script is loaded;
/// the method behind the function is called with Swift values. An argument whose value has the
/// wrong type at a call makes the function return -1 without being called.
public struct FunctionRow<M: AnyObject & Sendable>: Sendable {
    /// Name in the script.
    public let name: String
    /// The arguments in order.
    public let arguments: [ArgumentDescription]
    /// The blocks that may call it.
    public let routes: RouteKinds
    /// Its return codes in words: "1 inserted, 2 updated, -1 refused".
    public let returns: String
    /// One sentence for the reference page.
    public let summary: String
    /// Checks the arguments of a call without a module.
    let check: @Sendable ([ArgumentSource], any TemplateCompiler) throws(ArgumentError) -> Void
    /// Compiles a call for an instance of the module.
    let bind:
        @Sendable (M, [ArgumentSource], any TemplateCompiler) throws(ArgumentError) -> CompiledCall

    /// A function whose method is called with the values of its arguments.
    public init<each A: Sendable>(
        _ name: String, _ arguments: repeat Argument<each A>, routes: RouteKinds = .any,
        returns: String, _ summary: String,
        call: @escaping @Sendable (M, ScriptContext, repeat each A) -> Int
    ) {
        self.init(
            name, repeat each arguments, routes: routes, returns: returns, summary,
            compile: { (module, evaluators: repeat Evaluator<each A>) in
                { context in
                    do {
                        return call(
                            module, context,
                            repeat try (each evaluators).value(context).orMissing())
                    } catch {
                        return -1
                    }
                }
            })
    }

    /// A function that prepares its call once, when the script is loaded; for those that turn a
    /// constant (a table's name, a list of methods) into something cheaper.
    public init<each A: Sendable>(
        _ name: String, _ arguments: repeat Argument<each A>, routes: RouteKinds = .any,
        returns: String, _ summary: String,
        compile:
            @escaping @Sendable (M, repeat Evaluator<each A>) throws(ArgumentError)
            -> CompiledCall
    ) {
        self.name = name
        self.routes = routes
        self.returns = returns
        self.summary = summary
        var descriptions: [ArgumentDescription] = []
        for argument in repeat each arguments {
            descriptions.append(
                ArgumentDescription(
                    name: argument.name, expects: argument.expects,
                    isOptional: argument.isOptional))
        }
        self.arguments = descriptions
        let described = descriptions
        check = { (sources, templates) throws(ArgumentError) in
            try Self.count(sources, described)
            var place = 0
            repeat (_ = try (each arguments).take(sources, &place, templates))
        }
        bind = { (module, sources, templates) throws(ArgumentError) in
            try Self.count(sources, described)
            var place = 0
            let evaluators = (repeat try (each arguments).take(sources, &place, templates))
            return try compile(module, repeat each evaluators)
        }
    }

    private static func count(
        _ sources: [ArgumentSource], _ described: [ArgumentDescription]
    ) throws(ArgumentError) {
        let needed = described.prefix { !$0.isOptional }.count
        guard sources.count < needed || sources.count > described.count else { return }
        let expected = needed == described.count ? "\(needed)" : "\(needed) to \(described.count)"
        throw ArgumentError("takes \(expected) arguments, found \(sources.count)")
    }
}

/// An argument had no value of its type at this call.
struct MissingArgument: Error {}

extension Optional {
    /// The value, or the error that makes a call return -1.
    func orMissing() throws(MissingArgument) -> Wrapped {
        guard let self else { throw MissingArgument() }
        return self
    }
}

extension Argument {
    /// Prepares the argument at `place` and steps on; errors name the argument.
    func take(
        _ sources: [ArgumentSource], _ place: inout Int, _ templates: any TemplateCompiler
    ) throws(ArgumentError) -> Evaluator<Value> {
        defer { place += 1 }
        do {
            return try prepare(place < sources.count ? sources[place] : nil, templates)
        } catch {
            throw ArgumentError("argument \(place + 1) (\(name)): \(error.message)")
        }
    }
}
