internal import Basics
internal import ModuleKit

/// Turns the tree into closures.
///
/// One compiler serves the check and the start: with a scope that only checks, what it makes is
/// thrown away and the errors are kept, so that nothing passes the check and fails the start.
struct Compiler {
    /// The names that can be used.
    let scope: Scope
    /// What global parameters say about how the script runs.
    let rules: ScriptRules
    /// Numbers of the flags that have names.
    let flags: [String: Int]
    /// Where errors are and what the lines say.
    let sources: SourceMap
    /// What was found wrong so far.
    private(set) var diagnostics: Diagnostics
    /// The kind of the block at hand.
    var kinds: RouteKinds = .request
    /// Levels of blocks around the statement at hand: part of the depth that a call adds.
    var nesting = 0
    /// The block at hand.
    var block = RouteBlockKind.request
    private let blocks: [String: RouteBlock]
    private var routes: [String: Step] = [:]
    private var cells: [String: RouteCell] = [:]
    private var underWay: [String] = []
    private let directory = RouteDirectory()

    /// A compiler of a tree.
    init(
        _ tree: Tree, scope: Scope, rules: ScriptRules = ScriptRules(),
        _ diagnostics: Diagnostics = Diagnostics()
    ) {
        self.diagnostics = diagnostics
        self.scope = scope
        self.rules = rules
        sources = tree.sources
        flags = Self.numbers(tree.settings)
        var named: [String: RouteBlock] = [:]
        for block in tree.blocks {
            if case .named(let name) = block.kind, named[name] == nil { named[name] = block }
        }
        blocks = named
    }

    /// Numbers for the declared flags; those without one get the lowest that is free.
    private static func numbers(_ settings: [Setting]) -> [String: Int] {
        var numbers: [String: Int] = [:]
        var waiting: [String] = []
        for case .flag(let name, let number, _) in settings {
            if let number { numbers[name] = number } else { waiting.append(name) }
        }
        var free = (0...31).filter { number in !numbers.values.contains(number) }[...]
        for name in waiting where numbers[name] == nil { numbers[name] = free.popFirst() }
        return numbers
    }

    // MARK: Errors

    /// An error at a position.
    func failure(
        _ kind: ScriptError.Kind, at position: Position, _ message: String, hint: String? = nil
    ) -> ScriptError {
        ScriptError(
            kind, at: sources.location(position), message, sourceLine: sources.line(position),
            hint: hint)
    }

    /// The names that can be used, for what stands at a position: `$cfg(line)` asks for it.
    func scope(at position: Position) -> Scope {
        var scope = scope
        scope.place = ScriptPlace(location: sources.location(position), block: block)
        return scope
    }

    /// Notes an error.
    mutating func report(_ error: ScriptError) { diagnostics.report(error) }

    // MARK: Blocks

    /// Compiles a block that the server itself runs.
    mutating func entry(_ block: RouteBlock) -> Step {
        kinds = block.kind.kinds
        self.block = block.kind
        nesting = 0
        return sequence(block.body)
    }

    /// Compiles all named routes, called or not, and closes the directory of names.
    mutating func compileRoutes() {
        for name in blocks.keys.sorted() { _ = route(name) }
        directory.fill(routes)
    }

    /// The named routes, for callers that know the name only at run time.
    var namedRoutes: RouteDirectory { directory }

    /// The names of all routes that can be called.
    var routeNames: [String] { blocks.keys.sorted() }

    /// What a call of a route runs; nil when there is no such route.
    ///
    /// A route that is complete is captured by its callers. One that leads back to itself is not
    /// complete when it is called first: such calls go through a cell.
    mutating func route(_ name: String) -> Step? {
        if let done = routes[name] { return done }
        guard let block = blocks[name] else { return nil }
        if underWay.contains(name) || underWay.count >= Self.chainMax { return cell(name) }
        underWay.append(name)
        let outer = (kinds, nesting, self.block)
        let step = entry(block)
        (kinds, nesting, self.block) = outer
        underWay.removeLast()
        routes[name] = step
        cells[name]?.fill(step)
        return step
    }

    /// The longest chain of routes that are compiled within each other.
    private static let chainMax = 32

    /// A step that runs a route through its cell.
    private mutating func cell(_ name: String) -> Step {
        let cell = cells[name] ?? RouteCell()
        cells[name] = cell
        return Step { context in cell.run(context) }
    }

    /// Runs the route that an expression names.
    func dynamicRoute(_ name: @escaping ValueStep) -> Step {
        let directory = directory
        return Step { context in
            guard let text = context.text(name(context)), !context.hasFailed else {
                context.log(.error, "route() was called without a name")
                context.hasFailed = false
                context.actionValue = -1
                return .next
            }
            guard let route = context.withBytes(of: text, directory.route) else {
                context.log(.error, "there is no route[\(context.string(text))]")
                context.actionValue = -1
                return .next
            }
            return route(context)
        }
    }
}

/// A route that is called before it is compiled.
///
/// `@unchecked Sendable`: it is filled once, by the compiler, before the program that reads it is
/// handed to anyone.
final class RouteCell: @unchecked Sendable {
    private var step: Step?

    /// Runs the route.
    func run(_ context: ScriptContext) -> Flow { step?(context) ?? .next }

    /// Sets what is run.
    func fill(_ step: Step) {
        precondition(self.step == nil, "a route is compiled once")
        self.step = step
    }
}

/// The routes by name, for calls whose name is known only at run time.
///
/// A list that is searched: it compares bytes in place, where a dictionary would need a string made
/// for each call, and configurations have some dozens of routes.
///
/// `@unchecked Sendable`: it is filled once, by the compiler, before the program that reads it is
/// handed to anyone.
final class RouteDirectory: @unchecked Sendable {
    private var routes: [(name: [UInt8], body: Step)] = []

    /// The route of a name, nil when there is none.
    func route(_ name: Span<UInt8>) -> Step? {
        for place in routes.indices {
            let candidate = routes[place].name
            if name.equals(candidate.span) { return routes[place].body }
        }
        return nil
    }

    /// Sets the routes.
    func fill(_ routes: [String: Step]) {
        precondition(self.routes.isEmpty, "the directory is filled once")
        self.routes = routes.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), $0.value) }
    }
}
