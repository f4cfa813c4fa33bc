internal import Basics
internal import ModuleKit
internal import Synchronization

/// Where a context keeps its Lua state.
///
/// A worker's context lives as long as the server. One that was made for an event is gone when the
/// event is over: then its state waits in the pool for the next one.
final class LuaSeat {
    /// The state; nil when none could be made.
    private(set) var state: LuaState?
    /// The version of the files that the state was asked for.
    private(set) var version: UInt64 = 0
    private unowned let module: AppLuaModule
    private let pool: LuaPool

    /// A seat with a state.
    init(_ module: AppLuaModule, _ context: ScriptContext) {
        self.module = module
        pool = module.pool
        renew(context)
    }

    deinit { if let state { pool.give(state) } }

    /// Takes a state of the version in force.
    ///
    /// The old one stays where the new one cannot be made, and while it runs. A version that failed
    /// is not tried again.
    func renew(_ context: ScriptContext) {
        if let state, state.isRunning { return }
        version = module.currentVersion
        do throws(LuaFailure) { state = try module.takeState(context) } catch {
            context.log(.error, "Lua: \(error.message)")
        }
    }
}

/// The states that wait for a context.
final class LuaPool: Sendable {
    private let waiting = Guarded<[LuaState]>([])

    /// No states.
    init() {}

    /// A state of a version, nil when none waits.
    func take(_ version: UInt64) -> LuaState? {
        waiting.withLock { states in
            guard let place = states.lastIndex(where: { $0.version == version }) else { return nil }
            return states.remove(at: place)
        }
    }

    /// Keeps a state for the next context, unless enough of them wait.
    func give(_ state: LuaState) {
        waiting.withLock { states in
            if states.count < Limits.luaStatesIdleMax { states.append(state) }
        }
    }

    /// Closes the states of older versions.
    func discard(before version: UInt64) {
        waiting.withLock { states in states.removeAll { $0.version < version } }
    }

    /// Closes all of them.
    func close() { waiting.withLock { $0.removeAll() } }

    /// How many wait.
    var count: Int { waiting.withLock { $0.count } }
}
