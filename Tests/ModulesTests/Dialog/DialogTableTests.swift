import Basics
import ModuleKit
import Testing

@testable import Dialog

/// A call for the table.
private func call(
    _ number: UInt32, _ callID: String = "c", tag: String = "a", in table: DialogTable
) -> TrackedDialog {
    var record = DialogRecord()
    record.caller.tag = Array(tag.utf8)
    let callID = Array(callID.utf8)
    return TrackedDialog(
        entry: table.entry(of: callID), number: number, callID: callID, inviteBranch: [],
        timer: number, record)
}

@Suite("The table of calls")
struct DialogTableTests {
    @Test("calls are found by Call-ID, the newest first, and by number")
    func finding() {
        let table = DialogTable(slots: 16)
        let one = call(1, in: table)
        let two = call(2, tag: "b", in: table)
        #expect(table.insert(one) && table.insert(two))
        #expect(table.dialogs(Array("c".utf8)).map(\.number) == [2, 1])
        #expect(table.dialog(entry: one.entry, number: 1) === one)
        #expect(table.dialog(entry: one.entry ^ 64, number: 1) == nil)
        #expect(table.dialog(entry: one.entry, number: 3) == nil)
        table.remove(one)
        table.remove(one)
        #expect(table.count == 1 && table.dialogs(Array("c".utf8)).count == 1)
        table.remove(two)
        #expect(table.count == 0 && table.dialogs(Array("c".utf8)).isEmpty)
    }

    @Test("there are no more calls than may be, and no more of one Call-ID")
    func bounds() {
        let table = DialogTable(slots: 1, dialogsMax: 20)
        for number in 0..<16 { #expect(table.insert(call(UInt32(number), in: table))) }
        #expect(!table.insert(call(16, in: table)))
        for number in 20..<24 { #expect(table.insert(call(UInt32(number), "d", in: table))) }
        #expect(!table.insert(call(30, "e", in: table)))
        #expect(table.count == 20)
    }

    @Test("counting looks at every part")
    func counting() {
        let table = DialogTable(slots: 4_096)
        for number in 0..<200 {
            #expect(table.insert(call(UInt32(number), "c\(number)", in: table)))
        }
        #expect(table.count { $0.state == .unconfirmed } == 200)
        #expect(table.count { $0.state == .confirmed } == 0)
        let parts = (0..<DialogTable.partCount).map { table.dialogs(inPart: $0).count }
        #expect(parts.reduce(0, +) == 200)
    }
}

@Suite("The timers of calls")
struct DialogTimersTests {
    @Test("a call comes out when it is due, and again when it is filed again")
    func due() {
        var timers = DialogTimers(now: 1_000)
        let place = timers.reserve()
        timers.name(place, entry: 7, number: 9)
        timers.file(place, at: 1_010)
        let result1 = timers.takeDue(now: 1_009)
        #expect(result1 == nil)
        let due = timers.takeDue(now: 1_010)
        #expect(due?.place == place && due?.entry == 7 && due?.number == 9)
        let result2 = timers.takeDue(now: 1_020)
        #expect(result2 == nil)
        timers.file(place, at: 1_030)
        let result3 = timers.takeDue(now: 1_030)
        #expect(result3?.number == 9)
    }

    @Test("an earlier time counts, a later one is left to the call")
    func earlier() {
        var timers = DialogTimers(now: 1_000)
        let place = timers.reserve()
        timers.file(place, at: 1_300)
        timers.file(place, at: 1_005)
        timers.file(place, at: 1_500)
        let due = timers.takeDue(now: 1_005)
        #expect(due != nil)
        timers.remove(place)
        timers.remove(place)
        timers.file(place, at: 1_006)
        #expect(timers.count == 0)
        let none = timers.takeDue(now: 1_100)
        #expect(none == nil)
    }

    @Test("a call that lasts twelve hours comes out early and late enough")
    func far() {
        var timers = DialogTimers(now: 0)
        let place = timers.reserve()
        timers.file(place, at: 43_200)
        var seen: [Int] = []
        for now in stride(from: 0, through: 43_200, by: 100) {
            while timers.takeDue(now: now) != nil {
                seen.append(now)
                if now < 43_200 { timers.file(place, at: 43_200) }
            }
        }
        #expect(seen.last == 43_200 && seen.count < 20)
    }
}

@Suite("Matching messages to calls")
struct DialogMatchingTests {
    private func dialog(_ state: DialogState, callee: String = "b") -> TrackedDialog {
        var record = DialogRecord()
        record.caller.tag = Array("a".utf8)
        record.callee.tag = Array(callee.utf8)
        record.state = state
        if state == .ended { record.endedAt = 5 }
        return TrackedDialog(
            entry: 0, number: 0, callID: [1], inviteBranch: [], timer: 0, record)
    }

    @Test(
        "tags say which way a message goes",
        arguments: [
            (DialogState.unconfirmed, "a", "", "down"), (.early, "a", "x", "down"),
            (.early, "x", "a", "up"), (.early, "x", "y", "none"), (.confirmed, "a", "", "down"),
            (.confirmed, "a", "b", "down"), (.confirmed, "b", "a", "up"),
            (.confirmed, "a", "x", "none"), (.confirmed, "x", "a", "none"),
            (.ended, "a", "b", "down"), (.ended, "b", "a", "up"), (.ended, "a", "", "none"),
            (.ended, "a", "x", "none"), (.ended, "x", "a", "none"),
        ])
    func direction(state: DialogState, from: String, to: String, expected: String) {
        let from = Array(from.utf8)
        let to = Array(to.utf8)
        let found = dialog(state).direction(from: from.span, to: to.span)
        let word = found.map { $0 == .downstream ? "down" : "up" } ?? "none"
        #expect(word == expected)
    }
}

@Suite("Profiles of calls")
struct ProfilesTests {
    private func profiles(_ plain: String, _ valued: String) throws -> Profiles {
        var parameters = DialogParameters()
        parameters.plainProfiles = plain
        parameters.valueProfiles = valued
        return try Profiles(parameters)
    }

    @Test("calls are counted by value and altogether")
    func counting() throws {
        let profiles = try profiles("all", " caller ;\tcallee")
        let alice = try #require(profiles.entry("caller", Array("alice".utf8)))
        let bob = try #require(profiles.entry("caller", Array("bob".utf8)))
        let all = try #require(profiles.entry("all", Array("ignored".utf8)))
        for entry in [alice, alice, bob, all] { profiles.add(entry) }
        #expect(profiles.size("caller", Array("alice".utf8)) == 2)
        #expect(profiles.size("caller", nil) == 3 && profiles.size("all", Array("x".utf8)) == 1)
        profiles.remove([alice, bob, bob])
        #expect(profiles.size("caller", nil) == 1 && profiles.size("none", nil) == nil)
        #expect(profiles.entry("none", nil) == nil && profiles.entry("caller", nil) == nil)
    }

    @Test(
        "names that are none, or are there twice, are refused", arguments: ["a b", "all", ";x;;"])
    func refusals(names: String) throws {
        if names == ";x;;" {
            #expect(try profiles("all", names).names.count == 2)
        } else {
            #expect(throws: StartFailure.self) { try profiles("all", names) }
        }
    }
}
