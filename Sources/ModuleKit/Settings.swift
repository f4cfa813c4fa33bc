internal import Basics
internal import Synchronization

/// A value of a parameter: what `modparam` gives and `cfg.get` shows.
public enum SettingValue: Sendable, Hashable {
    /// An integer.
    case integer(Int)
    /// A string.
    case string(String)
    /// A string parameter that is not set.
    case unset
}

/// Why a parameter cannot be set, in words for the operator.
public struct ParameterError: Error, Sendable, Hashable {
    /// What is wrong.
    public enum Kind: Sendable, Hashable {
        /// No such group or parameter.
        case unknown
        /// The value has another type.
        case type
        /// The value lies outside the bounds.
        case range
        /// It cannot change while the server runs.
        case fixed
    }
    /// What is wrong.
    public var kind: Kind
    /// The whole sentence: names, bounds, what was given.
    public var message: String
    /// Bounds of an integer, when there are any.
    public var bounds: ClosedRange<Int>?
    /// An error.
    public init(_ kind: Kind, _ message: String, bounds: ClosedRange<Int>? = nil) {
        self.kind = kind
        self.message = message
        self.bounds = bounds
    }
}

/// An immutable copy of one module's settings.
public class SettingsBox: @unchecked Sendable {
    /// A box of its own with the same settings: a worker keeps its own, because the reference count
    /// of a shared one would travel from processor to processor with every message.
    func copy() -> SettingsBox { self }
}

/// The copy with its type.
///
/// It is never changed after it is made: that is why it may be shared.
public final class TypedSettingsBox<P: Sendable>: SettingsBox, @unchecked Sendable {
    /// The settings.
    public let value: P
    /// A box that holds settings.
    init(_ value: P) { self.value = value }

    override func copy() -> SettingsBox { TypedSettingsBox(value) }
}

/// Where a module finds its settings: an index into the boxes of a context.
public struct SettingsHandle<P: Sendable>: Sendable {
    /// Index of the box.
    let index: Int
}

/// What `cfg.*` knows of one parameter.
public struct SettingDescription: Sendable {
    /// Group: the module's name, or the custom group.
    public var group: String
    /// Name within the group; for some it differs from the parameter's name.
    public var name: String
    /// One sentence.
    public var summary: String
    /// Whether it is an integer.
    public var isInteger: Bool
    /// Bounds of an integer.
    public var bounds: ClosedRange<Int>?
    /// The cases of a choice, when it is one.
    public var cases: [String] = []
    /// The value it had when the server started.
    public var initial: SettingValue
    /// A description.
    public init(
        group: String, name: String, summary: String, isInteger: Bool,
        bounds: ClosedRange<Int>?, initial: SettingValue
    ) {
        self.group = group
        self.name = name
        self.summary = summary
        self.isInteger = isInteger
        self.bounds = bounds
        self.initial = initial
    }
}

/// One change that waits for `cfg.commit`.
public struct PendingChange: Sendable {
    /// Group.
    public var group: String
    /// Name.
    public var name: String
    /// The value in force.
    public var old: SettingValue
    /// The value to come.
    public var new: SettingValue
    /// The instance of the group; nil for the group itself.
    public var instance: UInt32?
    /// Whether the instance loses its own value, and gets the group's.
    var isDeletion = false

    /// Whether it is about a setting of an instance, or of the group itself.
    func isAbout(_ group: String, _ instance: UInt32?, _ name: String) -> Bool {
        self.group == group && self.instance == instance && self.name == name
    }
}

/// The settings of all modules, and the runtime variables that the script declares.
///
/// Settings are immutable boxes that are replaced whole; a worker compares one number between
/// messages, so one message sees one configuration (design: control plane and data plane).
public final class SettingsStore: Sendable {
    /// One group that `cfg.*` can reach.
    struct Group: Sendable {
        /// The settings in force.
        var box: SettingsBox
        /// The parameters in the order of declaration.
        var rows: [Row]
    }
    /// One parameter of a group, without its type.
    struct Row: Sendable {
        /// What is known of it.
        var description: SettingDescription
        /// Whether it can change while the server runs.
        var isRuntime: Bool
        /// Reads it from a box of its group.
        var read: @Sendable (SettingsBox) -> SettingValue
        /// Makes a box of its group with another value.
        var write: @Sendable (SettingsBox, SettingValue) throws(ParameterError) -> SettingsBox
    }
    /// Everything that the lock guards.
    struct State: Sendable {
        /// Names of the groups, in the order of their handles.
        var names: [String] = []
        /// The groups, in the order of their handles.
        var groups: [Group] = []
        /// Changes that wait for a commit.
        var pending: [PendingChange] = []
        /// Runtime variables of the script, by group.
        var custom: [String: [CustomVariable]] = [:]
        /// Values that instances of groups have of their own, by group, number and name.
        var instances: [String: [UInt32: [String: SettingValue]]] = [:]
    }
    /// A runtime variable that the script declares: `pstn.gw_ip = "10.0.0.1" desc "gateway"`.
    struct CustomVariable: Sendable {
        /// What is known of it.
        var description: SettingDescription
        /// Its value in force.
        var value: SettingValue
    }

    /// The settings behind their lock.
    let state = Guarded(State())
    private let number = Atomic<UInt64>(1)

    /// Those who are told of changes.
    let observers = Guarded<[@Sendable ([PendingChange]) -> Void]>([])

    /// A store without groups.
    public init() {}

    /// Rises with every change that is in force.
    public var generation: UInt64 { number.load(ordering: .acquiring) }

    /// All boxes, in the order of their handles.
    public var boxes: [SettingsBox] { state.withLock { $0.groups.map(\.box) } }

    /// Tells readers that something changed.
    func announce() { number.add(1, ordering: .releasing) }

    /// Adds a module's settings and returns where it finds them.
    public func register<P: Sendable>(
        group: String, value: P, rows: [ParameterRow<P>]
    ) -> SettingsHandle<P> {
        let stored = rows.filter { !$0.isRepeatable }.map { row in
            Row(
                description: row.describe(group: group, value: value),
                isRuntime: row.runtimeName != nil,
                read: { box in
                    row.read((unsafe unsafeDowncast(box, to: TypedSettingsBox<P>.self)).value)
                },
                write: { (box, new) throws(ParameterError) in
                    var copy = (unsafe unsafeDowncast(box, to: TypedSettingsBox<P>.self)).value
                    try row.write(&copy, new)
                    return TypedSettingsBox(copy)
                })
        }
        defer { announce() }
        return state.withLock { state in
            state.names.append(group)
            state.groups.append(Group(box: TypedSettingsBox(value), rows: stored))
            return SettingsHandle(index: state.groups.count - 1)
        }
    }

    /// The settings of a module as of now; takes a lock: for the control plane.
    public func current<P: Sendable>(_ handle: SettingsHandle<P>) -> P {
        let box = state.withLock { $0.groups[handle.index].box }
        return (unsafe unsafeDowncast(box, to: TypedSettingsBox<P>.self)).value
    }
}
