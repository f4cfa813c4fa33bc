import Basics
import Locations
import ModuleKit

/// What one worker keeps for its look-ups, so that finding allocates no more than its result.
final class LookupWorkspace {
    /// What the table holds of the AoR asked for.
    var found = FoundBindings()
    /// The places in `found` that the request may go to, the best first.
    var usable: [Int] = []
    /// The address-of-record.
    var aor = ByteWriter(capacity: 256)
    /// What `reg_fetch_contacts` has kept for `$ulc`, by the number of the profile.
    var profiles: [FetchedContacts] = []

    /// Chooses what the request may go to; 1 when there is any, -1 when there is none, -2 when
    /// there would be if it were another method.
    func choose(_ rules: LookupRules) -> Int {
        usable.removeAll(keepingCapacity: true)
        var refusesMethod = false
        for place in found.entries.indices {
            let values = found.entries[place].values
            guard rules.admits(values) else { continue }
            guard rules.takesMethod(values) else {
                refusesMethod = true
                continue
            }
            if let earlier = usable.firstIndex(where: { isSameInstance($0, place) }) {
                if isBetterFlow(place, than: usable[earlier]) { usable[earlier] = place }
            } else {
                usable.append(place)
            }
        }
        guard usable.isEmpty else { return 1 }
        return refusesMethod ? -2 : -1
    }

    /// Whether two bindings are flows of one phone: a request goes to one of them at a time
    /// (RFC 5626 5.3).
    private func isSameInstance(_ one: Int, _ two: Int) -> Bool {
        let left = found.entries[one]
        let right = found.entries[two]
        guard left.values.regID > 0, right.values.regID > 0, !left.instance.isEmpty else {
            return false
        }
        return found.areEqual(left.instance, right.instance)
    }

    /// The flow that gave a sign of life last is the one that works; of equal ones the higher
    /// reg-id wins.
    private func isBetterFlow(_ one: Int, than two: Int) -> Bool {
        let left = found.entries[one].values
        let right = found.entries[two].values
        if left.lastModified != right.lastModified {
            return left.lastModified > right.lastModified
        }
        return left.regID > right.regID
    }

    /// The contacts of a profile; a worker makes room for it when it is first asked for.
    func profile(_ number: Int) -> FetchedContacts {
        while profiles.count <= number { profiles.append(FetchedContacts()) }
        return profiles[number]
    }
}

/// The contacts of one profile of `$ulc`.
final class FetchedContacts {
    /// The bindings.
    var found = FoundBindings()
    /// Name of the table they come from; empty while nothing is fetched.
    var table = ""
    /// The hash of the AoR.
    var hash: UInt64 = 0
    /// Whether something is fetched.
    var isFilled: Bool { !table.isEmpty }

    /// Releases what was fetched and keeps the room.
    func removeAll() {
        found.removeAll()
        table = ""
    }
}
