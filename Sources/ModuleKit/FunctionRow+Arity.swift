/// The same functions with a fixed number of arguments.
///
/// A parameter pack is opened anew at each call, which looks metadata up; these do without, and
/// nearly all functions have no more than two arguments.
extension FunctionRow {
    /// A function without arguments.
    public init(
        _ name: String, routes: RouteKinds = .any, returns: String, _ summary: String,
        call: @escaping @Sendable (M, ScriptContext) -> Int
    ) {
        self.init(
            name, routes: routes, returns: returns, summary,
            compile: { (module) throws(ArgumentError) in { call(module, $0) } })
    }

    /// A function with one argument.
    public init<A: Sendable>(
        _ name: String, _ argument: Argument<A>, routes: RouteKinds = .any, returns: String,
        _ summary: String, call: @escaping @Sendable (M, ScriptContext, A) -> Int
    ) {
        self.init(
            name, argument, routes: routes, returns: returns, summary,
            compile: { (module, evaluator: Evaluator<A>) throws(ArgumentError) in
                if case .constant(let value) = evaluator { return { call(module, $0, value) } }
                return { context in
                    guard let value = evaluator.value(context) else { return -1 }
                    return call(module, context, value)
                }
            })
    }

    /// A function with two arguments.
    public init<A: Sendable, B: Sendable>(
        _ name: String, _ first: Argument<A>, _ second: Argument<B>, routes: RouteKinds = .any,
        returns: String, _ summary: String,
        call: @escaping @Sendable (M, ScriptContext, A, B) -> Int
    ) {
        self.init(
            name, first, second, routes: routes, returns: returns, summary,
            compile: { (module, one: Evaluator<A>, two: Evaluator<B>) throws(ArgumentError) in
                if case .constant(let a) = one, case .constant(let b) = two {
                    return { call(module, $0, a, b) }
                }
                return { context in
                    guard let a = one.value(context), let b = two.value(context) else { return -1 }
                    return call(module, context, a, b)
                }
            })
    }
}
