internal import Basics
internal import ModuleKit
internal import Synchronization

/// The groups that calls are counted in, for limits: how many calls a customer has.
final class Profiles: Sendable {
    /// The groups of the configuration, and whether each counts by values.
    let names: [String: Bool]
    private let counts = Guarded<[ProfileEntry: Int]>([:])

    /// The groups that the settings declare.
    init(_ parameters: DialogParameters) throws(StartFailure) {
        var names: [String: Bool] = [:]
        for (text, hasValues) in [
            (parameters.plainProfiles, false), (parameters.valueProfiles, true),
        ] {
            for part in text.split(separator: ";") {
                let name = part.trimmed
                guard !name.isEmpty, !name.contains(where: { $0 == " " }) else {
                    throw StartFailure("dialog: \"\(part)\" is no name of a profile")
                }
                guard names.updateValue(hasValues, forKey: name) == nil else {
                    throw StartFailure("dialog: profile \"\(name)\" is declared twice")
                }
            }
        }
        guard names.count <= Limits.profilesMax else {
            throw StartFailure("dialog: more than \(Limits.profilesMax) profiles")
        }
        self.names = names
    }

    /// What a call is counted under; nil when there is no such group, or its value is missing.
    func entry(_ name: String, _ value: [UInt8]?) -> ProfileEntry? {
        guard let hasValues = names[name] else { return nil }
        guard hasValues else { return ProfileEntry(profile: name, value: nil) }
        guard let value, value.count <= Limits.dialogTextBytesMax else { return nil }
        return ProfileEntry(profile: name, value: value)
    }

    /// Counts a call.
    func add(_ entry: ProfileEntry) { counts.withLock { $0[entry, default: 0] += 1 } }

    /// Counts a call no more.
    func remove(_ entries: [ProfileEntry]) {
        guard !entries.isEmpty else { return }
        counts.withLock { counts in
            for entry in entries {
                let left = (counts[entry] ?? 0) - 1
                counts[entry] = left > 0 ? left : nil
            }
        }
    }

    /// How many calls a group has: with a value, or with any; nil without such a group.
    func size(_ name: String, _ value: [UInt8]?) -> Int? {
        guard let hasValues = names[name] else { return nil }
        if hasValues, value == nil {
            return counts.withLock { counts in
                counts.reduce(0) { $0 + ($1.key.profile == name ? $1.value : 0) }
            }
        }
        let entry = ProfileEntry(profile: name, value: hasValues ? value : nil)
        return counts.withLock { $0[entry] ?? 0 }
    }
}

extension Substring {
    /// The text without blanks around it.
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
