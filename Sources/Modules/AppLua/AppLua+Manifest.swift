internal import JSONValue
public import ModuleKit

extension AppLuaModule {
    /// The module's declaration.
    public static let manifest = Manifest<AppLuaModule>(
        "app_lua", "Routing logic in Lua (KEMI).",
        parameters: [
            ParameterRow("load", list: \.load, "A file of Lua that runs in each state."),
            ParameterRow(
                "reload", \.reload, "Whether app_lua.reload may put other files in force."),
            ParameterRow(
                "log_mode", \.logMode, 0...1,
                "1 shows the place in a script that wrote a line of the log."),
        ],
        functions: [running, file, text("lua_dostring"), text("lua_runstring")],
        methods: [listing, reloading, describing])

    // MARK: Functions

    private static let codes = "1, -1 it failed"

    private static var running: FunctionRow<AppLuaModule> {
        FunctionRow(
            "lua_run", .string("function"), Argument.string("first").optional,
            Argument.string("second").optional, Argument.string("third").optional,
            returns: codes, "Calls a function of the files with up to three texts."
        ) { (module, context, function: ScriptText, first, second, third) in
            module.lua(
                context,
                module.run(
                    context.string(function), [first, second, third].compactMap { $0 },
                    in: context))
        }
    }

    private static var file: FunctionRow<AppLuaModule> {
        FunctionRow("lua_dofile", .string("path"), returns: codes, "Runs a file of Lua.") {
            (module, context, path: ScriptText) in
            do throws(LuaFailure) {
                let script = try LuaScript(path: context.string(path))
                return module.lua(
                    context, module.execute(script.bytes, "@\(script.path)", in: context))
            } catch {
                return module.lua(context, .failed(error.message))
            }
        }
    }

    private static func text(_ name: String) -> FunctionRow<AppLuaModule> {
        FunctionRow(name, .string("text"), returns: codes, "Runs a text of Lua.") {
            (module, context, text: ScriptText) in
            module.lua(
                context,
                module.execute(context.bytes(of: text), "=\(name)", in: context))
        }
    }

    /// The code of a run that a native script asked for; the script goes on, whatever came of it.
    private func lua(_ context: ScriptContext, _ outcome: LuaOutcome) -> Int {
        switch outcome {
        case .done: return 1
        // `drop` in Lua is `drop` here: 0 ends the script.
        case .stopped: return context.isDropped ? 0 : 1
        case .missing:
            context.log(.error, "Lua: there is no such function")
            return -1
        case .failed(let words):
            context.log(.error, "Lua: \(LuaFailure.oneLine(words))")
            return -1
        }
    }

    private func execute(
        _ text: [UInt8], _ name: String, in context: ScriptContext
    ) -> LuaOutcome {
        guard let state = seat(context).state else {
            return .failed("there is no Lua state; see the first error")
        }
        return state.execute(text, name, in: context)
    }

    // MARK: Commands

    private static var listing: MethodRow<AppLuaModule> {
        MethodRow(
            "app_lua.list",
            result: .array(
                .object(
                    [.init("id", .integer), .init("path", .string), .init("version", .integer)],
                    others: nil)),
            "The files that run in each state, with the number of times they were put in force.",
            example: RPCExample([], [["id": 0, "path": "/etc/roost/roost.lua", "version": 1]])
        ) { (module, _) in
            let version = Int64(module.currentVersion)
            let rows = module.parameters.load.enumerated().map { number, path in
                [
                    "id": .integer(Int64(number)), "path": .string(path),
                    "version": .integer(version),
                ] as JSONValue
            }
            return .value(.array(rows))
        }
    }

    private static var reloading: MethodRow<AppLuaModule> {
        MethodRow(
            "app_lua.reload",
            [
                RPCParameter(
                    "id", .integer, isOptional: true, "Number of a file; all of them are read.")
            ],
            result: .nothing, isChange: true,
            "Reads the files again; workers take them up with their next message.",
            example: RPCExample([], [:])
        ) { (module, call) throws(RPCError) in
            guard module.parameters.reload else {
                throw RPCError(500, "reload is switched off: modparam(\"app_lua\", \"reload\", 1)")
            }
            if let id = call.integer(0), !module.parameters.load.indices.contains(id) {
                throw RPCError(404, "there is no file \(id); app_lua.list shows them")
            }
            do throws(LuaFailure) { try module.putInForce() } catch {
                throw RPCError(500, error.message)
            }
            return .done
        }
    }

    private static var describing: MethodRow<AppLuaModule> {
        let function = Schema.object(
            [
                .init("ret", .string), .init("module", .string), .init("name", .string),
                .init("params", .string),
            ], others: nil)
        return MethodRow(
            "app_lua.api_list",
            result: .object(
                [.init("msize", .integer), .init("methods", .array(function))], others: nil),
            "The functions that scripts in Lua can call.",
            example: RPCExample(
                [],
                [
                    "msize": 1,
                    "methods": [
                        ["ret": "bool", "module": "", "name": "is_INVITE", "params": ""]
                    ],
                ])
        ) { (module, _) in
            let rows = module.functionList.map { function in
                [
                    "ret": .string(function.result.rawValue), "module": .string(function.object),
                    "name": .string(function.name), "params": .string(function.parameters),
                ] as JSONValue
            }
            return .value(["msize": .integer(Int64(rows.count)), "methods": .array(rows)])
        }
    }
}
