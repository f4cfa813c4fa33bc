import Testing

@testable import Dialog

@Suite("The states of a call")
struct DialogStateTests {
    /// What each input does in each state: the state behind it and what is told.
    static let table: [(DialogState, DialogInput, DialogState, DialogChange)] = [
        (.unconfirmed, .provisional, .early, .early),
        (.unconfirmed, .success, .answered, .answered),
        (.unconfirmed, .failure, .ended, .failed),
        (.unconfirmed, .overdue, .ended, .failed),
        (.early, .provisional, .early, .early),
        (.early, .success, .answered, .answered),
        (.early, .failure, .ended, .failed),
        (.early, .overdue, .ended, .failed),
        (.early, .request, .early, .requestWithin),
        (.answered, .acknowledgement, .confirmed, .confirmed),
        (.answered, .bye, .ended, .terminated),
        (.answered, .overdue, .ended, .expired),
        (.answered, .request, .answered, .requestWithin),
        (.confirmed, .bye, .ended, .terminated),
        (.confirmed, .overdue, .ended, .expired),
        (.confirmed, .request, .confirmed, .requestWithin),
    ]

    @Test("every state and every input is in the table, or changes nothing")
    func transitions() {
        for state in DialogState.allCases {
            for input in DialogInput.allCases {
                let row = Self.table.first { $0.0 == state && $0.1 == input }
                let next = state.after(input)
                #expect(next?.state == row?.2, "\(state) \(input)")
                #expect(next?.change == row?.3, "\(state) \(input)")
            }
        }
    }

    @Test("nothing follows the end, and only what was answered is active")
    func ends() {
        #expect(DialogInput.allCases.allSatisfy { DialogState.ended.after($0) == nil })
        #expect(DialogState.allCases.filter(\.isActive) == [.answered, .confirmed])
        #expect(DialogChange.allCases.filter(\.isEnd) == [.failed, .terminated, .expired])
    }

    @Test("a call that is answered has the numbers that operators know")
    func numbers() {
        #expect(DialogState.allCases.map(\.rawValue) == [1, 2, 3, 4, 5])
    }
}

@Suite("What is known of a call")
struct DialogRecordTests {
    private let times = DialogTimes(early: 300, unacknowledged: 60, ended: 30)

    private func record(lifetime: Int = 1_000) -> DialogRecord {
        var record = DialogRecord()
        record.createdAt = 100
        record.lifetimeSeconds = lifetime
        record.deadline = 400
        return record
    }

    @Test("a call that rings keeps its time, one that is answered gets that of its ACK")
    func deadlines() {
        var call = record()
        let result1 = call.take(.provisional, now: 110, times)
        #expect(result1 == .early)
        #expect(call.deadline == 400)
        let result2 = call.take(.success, now: 120, times)
        #expect(result2 == .answered)
        #expect(call.answeredAt == 120 && call.deadline == 190)
        let result3 = call.take(.acknowledgement, now: 121, times)
        #expect(result3 == .confirmed)
        #expect(call.deadline == 1_121)
        let result4 = call.take(.request, now: 500, times)
        #expect(result4 == .requestWithin)
        #expect(call.deadline == 1_500)
        let result5 = call.take(.bye, now: 600, times)
        #expect(result5 == .terminated)
        #expect(call.endedAt == 600 && call.deadline == 630 && call.duration(now: 900) == 480)
        #expect(call.revision == 5)
    }

    @Test("a call whose lifetime stays does not live longer for its requests")
    func steadyLifetime() {
        var call = record()
        call.restartsLifetime = false
        _ = call.take(.success, now: 120, times)
        _ = call.take(.acknowledgement, now: 121, times)
        _ = call.take(.request, now: 500, times)
        #expect(call.deadline == 1_121)
        call.setLifetime(50, now: 600)
        #expect(call.deadline == 650 && call.lifetimeSeconds == 50)
    }

    @Test("a short lifetime ends a call that nobody acknowledges earlier than the wait for ACK")
    func shortLifetime() {
        var call = record(lifetime: 5)
        _ = call.take(.success, now: 120, times)
        #expect(call.deadline == 125)
    }

    @Test("what changes nothing is not counted, and a call never lasts less than 0 seconds")
    func nothing() {
        var call = record()
        let result6 = call.take(.acknowledgement, now: 110, times)
        #expect(result6 == nil)
        #expect(call.revision == 0 && call.duration(now: 999) == 0)
        _ = call.take(.success, now: 120, times)
        #expect(call.duration(now: 50) == 0)
    }

    @Test("values are set, replaced and forgotten, and there are only so many")
    func variables() {
        var call = record()
        let name = Array("x".utf8)
        let result7 = call.set(name, Array("1".utf8))
        #expect(result7)
        let result8 = call.set(name, Array("2".utf8))
        #expect(result8)
        #expect(call.variables.count == 1 && call.variable(name) == Array("2".utf8))
        let result9 = call.set(name, nil)
        #expect(result9)
        let result10 = call.set(name, nil)
        #expect(result10)
        #expect(call.variable(name) == nil)
        for number in 0..<32 {
            let isSet = call.set(Array("v\(number)".utf8), [])
            #expect(isSet)
        }
        let result11 = call.set(name, [])
        #expect(!result11)
    }
}
