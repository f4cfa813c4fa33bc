internal import Basics
internal import JSONValue
public import ModuleKit

extension CfgUtilsModule {
    /// What the module declares.
    public static let manifest = Manifest<CfgUtilsModule>(
        "cfgutils", "Small helps for scripts: chance, global flags, locks.",
        parameters: [
            ParameterRow(
                "initial_probability", \.probability, 0...100,
                "How often rand_event() is true at the start, in percent."),
            ParameterRow(
                "initial_gflags", \.flags, 0...Int(UInt32.max), "The global flags at the start."),
            ParameterRow(
                "lock_set_size", \.lockSetSize, 0...16,
                "Number of locks as a power of two; without it there are none."),
        ],
        functions: chance + flagFunctions + lockFunctions + others,
        variables: [
            VariableRow("RANDOM", "A random number from 0 to 2147483647.") {
                .integer(Int($0.random() >> 33))
            }
        ],
        methods: commands)

    private static var chance: [FunctionRow<CfgUtilsModule>] {
        [
            FunctionRow(
                "rand_event", returns: "1 with the probability that is set, else -1",
                "Whether something is to happen this time."
            ) { (module, context) in module.happens(context) ? 1 : -1 },
            FunctionRow(
                "rand_set_prob", .integer("percent"), returns: "1, -1 when it is no percentage",
                "Sets the probability of rand_event().",
                compile: { (module, percent) throws(ArgumentError) in
                    if case .constant(let number) = percent, !(0...100).contains(number) {
                        throw ArgumentError("a probability is a number from 0 to 100")
                    }
                    return { context in
                        guard let number = percent.value(context) else { return -1 }
                        return module.setProbability(number) ? 1 : -1
                    }
                }),
            FunctionRow("rand_reset_prob", returns: "1", "Sets the probability back.") {
                (module, _) in
                module.resetProbability()
                return 1
            },
            FunctionRow(
                // A function that returns 0 ends the script, so 0 has another code.
                "rand_get_prob", returns: "the probability in percent, -1 for 0",
                "Tells the probability of rand_event()."
            ) { (module, _) in module.probability == 0 ? -1 : module.probability },
        ]
    }

    private static var flagFunctions: [FunctionRow<CfgUtilsModule>] {
        [
            flag("set_gflag", "Sets a flag that all workers share.") { module, mask in
                module.setFlags(mask)
                return 1
            },
            flag("reset_gflag", "Clears a flag that all workers share.") { module, mask in
                module.resetFlags(mask)
                return 1
            },
            flag("is_gflag", "Whether a flag that all workers share is set.") { module, mask in
                module.globalFlags & mask == 0 ? -1 : 1
            },
        ]
    }

    private static func flag(
        _ name: String, _ summary: String,
        _ act: @escaping @Sendable (CfgUtilsModule, UInt32) -> Int
    ) -> FunctionRow<CfgUtilsModule> {
        FunctionRow(
            name, .integer("flag"), returns: "1, -1", summary,
            compile: { (module, flag) throws(ArgumentError) in
                if case .constant(let number) = flag, !(0...31).contains(number) {
                    throw ArgumentError("a flag is a number from 0 to 31")
                }
                return { context in
                    guard let number = flag.value(context), (0...31).contains(number) else {
                        return -1
                    }
                    return act(module, UInt32(1) << UInt32(number))
                }
            })
    }

    private static var lockFunctions: [FunctionRow<CfgUtilsModule>] {
        [
            lock("lock", "Takes the lock of a name, waiting for it at most a second.") {
                $0.lock($1, owner: nil) ? 1 : -1
            },
            lock("trylock", "Takes the lock of a name unless it is taken.") {
                $0.tryLock($1, owner: nil) ? 1 : -1
            },
            lock("unlock", "Gives the lock of a name back.") {
                $0.unlock($1)
                return 1
            },
        ]
    }

    private static func lock(
        _ name: String, _ summary: String,
        _ act: @escaping @Sendable (ScriptLocks, [UInt8]) -> Int
    ) -> FunctionRow<CfgUtilsModule> {
        FunctionRow(
            name, .string("key"), returns: "1, -1 when it is taken, or without lock_set_size",
            summary
        ) { (module, context, key) in
            guard let locks = module.locks else { return -1 }
            return act(locks, context.bytes(of: key))
        }
    }

    private static var others: [FunctionRow<CfgUtilsModule>] {
        [
            FunctionRow(
                "sleep", .integer("seconds"), returns: "1",
                "Holds the worker up for at most ten seconds; it serves nobody meanwhile."
            ) { (_, _, seconds) in
                wait(microseconds: min(seconds, Limits.scriptSleepMicrosecondsMax) * 1_000_000)
            },
            FunctionRow(
                "usleep", .integer("microseconds"), returns: "1",
                "Holds the worker up for at most ten seconds; it serves nobody meanwhile."
            ) { (_, _, microseconds) in wait(microseconds: microseconds) },
            FunctionRow(
                "core_hash", .string("one"), .string("other"), .integer("bits"),
                returns: "the hash plus 1, -1 when bits is not from 0 to 31",
                "A quick hash of two strings."
            ) { (_, context, one, other, bits) in
                guard (0...31).contains(bits) else { return -1 }
                let hash = CoreHash.hash(context.bytes(of: one), context.bytes(of: other))
                return CoreHash.fold(hash, bits: bits) + 1
            },
        ]
    }
}

/// The management commands.
extension CfgUtilsModule {
    private static let mask = RPCParameter("mask", .integer, "The flags as bits")

    /// All of them.
    static var commands: [MethodRow<CfgUtilsModule>] {
        [
            MethodRow(
                "cfgutils.rand_set_prob", [RPCParameter("percent", .integer, "From 0 to 100")],
                result: .nothing, isChange: true, missingParameterCode: 500,
                "Sets the probability of rand_event()", example: RPCExample([10], [:])
            ) { (module, call) throws(RPCError) in
                guard module.setProbability(call.integer(0) ?? -1) else {
                    throw RPCError(500, "Invalid Percent")
                }
                return .done
            },
            MethodRow(
                "cfgutils.rand_reset_prob", result: .nothing, isChange: true,
                "Sets the probability back", example: RPCExample([], [:])
            ) { (module, _) in
                module.resetProbability()
                return .done
            },
            MethodRow(
                "cfgutils.rand_get_prob", result: .string, "Shows the probability",
                example: RPCExample([], "actual probability: 10 percent")
            ) { (module, _) in
                .value(.string("actual probability: \(module.probability) percent"))
            },
            change("cfgutils.set_gflag", "Sets global flags") { $0.setFlags($1) },
            change("cfgutils.reset_gflag", "Clears global flags") { $0.resetFlags($1) },
            MethodRow(
                "cfgutils.is_gflag", [mask], result: .string, missingParameterCode: 500,
                "Tells whether all of these global flags are set",
                example: RPCExample([1], "FALSE")
            ) { (module, call) throws(RPCError) in
                let wanted = try bits(call)
                return .value(.string(module.globalFlags & wanted == wanted ? "TRUE" : "FALSE"))
            },
            MethodRow(
                "cfgutils.get_gflags", result: .string, "Shows the global flags",
                example: RPCExample([], "0x0 (0)")
            ) { (module, _) in
                let flags = module.globalFlags
                return .value(.string("0x\(String(flags, radix: 16)) (\(flags))"))
            },
        ]
    }

    private static func change(
        _ name: String, _ summary: String,
        _ act: @escaping @Sendable (CfgUtilsModule, UInt32) -> Void
    ) -> MethodRow<CfgUtilsModule> {
        MethodRow(
            name, [mask], result: .nothing, isChange: true, missingParameterCode: 500, summary,
            example: RPCExample([1], [:])
        ) { (module, call) throws(RPCError) in
            act(module, try bits(call))
            return .done
        }
    }

    private static func bits(_ call: RPCCall) throws(RPCError) -> UInt32 {
        guard let bits = call.integer(0).flatMap({ UInt32(exactly: $0) }) else {
            throw RPCError(500, "Invalid Flags")
        }
        return bits
    }
}
