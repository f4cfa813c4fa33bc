internal import Basics
public import ModuleKit
internal import Synchronization

/// Module `pv`: the pseudo-variables of messages, and the script's own variables.
public final class PVModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// Values that variables have before the script sets them: `name=s:text`, `name=i:5`.
        public var varset: [String] = []
        /// Values that shared variables have before the script sets them, in the same form.
        public var shvset: [String] = []
        /// Other names of attributes: `email=s:address;number=i:7`.
        public var aliases: [String] = []
    }

    /// Nothing is set before the script sets it.
    public static let defaults = Parameters()

    /// Where variables are kept in a context, by class and name.
    ///
    /// Filled while the script compiles.
    private let slots = Guarded<[String: Int]>([:])
    /// What `varset` gives, by name; only `$var` has it, never `$vn`.
    private let initial: [String: ScriptValue]
    /// `$shv`.
    let shared = SharedVariables()
    /// What `avp_aliases` gives.
    let aliases: [String: [UInt8]]
    private let settings: SettingsHandle<Parameters>

    /// Reads the initial values.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        // A name given twice has its last value, like a parameter of any module.
        var initial: [String: ScriptValue] = [:]
        for setting in setup.parameters.varset {
            guard let (name, value) = Self.initialValue(setting) else {
                throw StartFailure(
                    "pv: varset \"\(setting)\" has not the form name=s:text or name=i:number")
            }
            initial[name] = value
        }
        self.initial = initial
        for setting in setup.parameters.shvset {
            guard let (name, value) = Self.initialValue(setting) else {
                throw StartFailure(
                    "pv: shvset \"\(setting)\" has not the form name=s:text or name=i:number")
            }
            shared.set(shared.place(name), value)
        }
        aliases = try Self.aliases(setup.parameters.aliases)
        settings = setup.settings
    }

    /// The names of attributes that `avp_aliases` gives others for.
    private static func aliases(_ settings: [String]) throws(StartFailure) -> [String: [UInt8]] {
        var aliases: [String: [UInt8]] = [:]
        for pair in settings.flatMap({ $0.split(separator: ";") }) {
            let sides = pair.split(separator: "=", maxSplits: 1).map {
                $0.filter { $0 != " " }
            }
            guard sides.count == 2, let name = AttributeName.parse(Array(sides[1].utf8)) else {
                throw StartFailure(
                    "pv: avp_aliases \"\(pair)\" has not the form alias=s:name or alias=i:number")
            }
            aliases[sides[0]] = name
        }
        return aliases
    }

    /// What the module keeps for a worker.
    func workspace(_ context: ScriptContext) -> PVWorkspace {
        context.workspace(settings) { PVWorkspace() }
    }

    /// Name and value of one `varset`; nil for another form.
    ///
    /// The value of a string may hold `=` and `:` itself, so only the first of each counts.
    private static func initialValue(_ text: String) -> (String, ScriptValue)? {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else { return nil }
        let name = String(text[..<sign])
        let value = text[text.index(after: sign)...]
        if value.hasPrefix("s:") { return (name, .string(String(value.dropFirst(2)))) }
        if value.hasPrefix("i:"), let number = ScriptNumber.parse(String(value.dropFirst(2))) {
            return (name, .integer(number))
        }
        return nil
    }

    /// The place of a variable in every context, the same for all uses of its name.
    ///
    /// Slots are never given back: their number is that of the names in the script, which is
    /// bounded by its size. The lock is taken while a script compiles, not for messages.
    private func slot(_ key: String) -> Int {
        slots.withLock { slots in
            if let slot = slots[key] { return slot }
            slots[key] = slots.count
            return slots.count - 1
        }
    }

    /// `$var(name)`: 0 until it is set; it outlives the message.
    func variable(_ name: String) -> VariableAccess {
        access(slot("var:\(name)"), unset: initial[name] ?? .integer(0), null: .integer(0))
    }

    /// The variables of the class `$var` by name, with their places in a context.
    var scriptVariables: [(name: String, slot: Int)] {
        slots.withLock { slots in
            slots.filter { $0.key.hasPrefix("var:") }
                .map { (String($0.key.dropFirst(4)), $0.value) }
                .sorted { $0.name < $1.name }
        }
    }

    /// `$vn(name)`: null until it is set; it outlives the message.
    func nullVariable(_ name: String) -> VariableAccess {
        access(slot("vn:\(name)"), unset: .null, null: .null)
    }

    /// Reads and writes one slot.
    ///
    /// A context grows when a slot is first written.
    private func access(
        _ slot: Int, unset: ScriptValue, null: ScriptValue
    ) -> VariableAccess {
        VariableAccess(
            read: { context in
                guard slot < context.variables.count else { return unset }
                let value = context.variables[slot]
                if case .null = value { return unset }
                return value
            },
            write: { context, value in
                while context.variables.count <= slot { context.variables.append(.null) }
                switch value {
                // `$var` has no null: it becomes 0, and `varset` does not come back.
                case .null: context.variables[slot] = null
                case .integer: context.variables[slot] = value
                // Ranges point into the message at hand, which the variable outlives.
                case .text(let text): context.keep(text, inVariable: slot)
                }
                return true
            })
    }
}

/// What the module keeps for one worker.
final class PVWorkspace {
    /// `$sbranch`.
    let staticBranch = StaticBranch()
    /// The time that `$TV(s)` and `$TV(u)` show, and the message it belongs to.
    var cachedTime: (message: UInt64, seconds: Int, microseconds: Int)?
    /// The microseconds of the last `$TV(sn)`.
    var lastMicroseconds = 0
}
