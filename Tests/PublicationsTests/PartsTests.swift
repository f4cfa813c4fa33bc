import Basics
import Testing

@testable import Publications

@Suite("Parts of the engine")
struct PartsTests {
    @Test("a lane begins narrow, widens with answers and narrows with silence")
    func lane() {
        var lane = SendLane()
        for number in 1...300 { lane.add(UInt64(number)) }
        var sent: [UInt64] = []
        while let job = lane.next() { sent.append(job) }
        #expect(sent == Array(1...64))
        #expect(lane.inFlight == 64)
        lane.left(isAnswered: true)
        #expect(lane.width == 65)
        let next = [lane.next(), lane.next(), lane.next()]
        #expect(next == [65, 66, nil])
        for _ in 0..<10 { lane.left(isAnswered: false) }
        #expect(lane.width == SendLane.narrowest)
        #expect(lane.waitingCount == 234)
    }

    @Test("a lane keeps its order over many turns")
    func laneOrder() {
        var lane = SendLane()
        var expected: UInt64 = 1
        var added: UInt64 = 0
        for round in 0..<200 {
            for _ in 0..<(round % 97) {
                added += 1
                lane.add(added)
            }
            while let job = lane.next() {
                #expect(job == expected)
                expected += 1
                lane.left(isAnswered: true)
            }
        }
        #expect(lane.isIdle)
    }

    @Test(
        "a lane's name is where its requests go",
        arguments: [
            ("sip:a@example.com", "example.com"), ("sip:example.com:5070", "sip:example.com:5070"),
            ("sip:b@10.0.0.1:5090;transport=tcp", "10.0.0.1:5090;transport=tcp"),
        ])
    func laneName(uri: String, name: String) {
        #expect(String(decoding: SendLane.name(of: Array(uri.utf8)), as: UTF8.self) == name)
    }

    @Test("a full lane keeps requests back, and another lane is not held up")
    func lanes() {
        var rig = EngineRig()
        for number in 0..<100 {
            rig.publish(EngineRig.publication(id: "p\(number)", proxy: "sip:slow.example"))
        }
        rig.publish(EngineRig.publication(id: "other", proxy: "sip:quick.example"))
        #expect(rig.sent.count == 65)
        #expect(rig.sent.last?.hop == "sip:quick.example")
        #expect(rig.engine.inFlightCount == 65)
        for number in 0..<101 { rig.answer(etag: "e\(number)", expires: 601) }
        #expect(rig.records.count == 101)
        #expect(rig.engine.inFlightCount == 0)
    }

    @Test("an alarm rings once, at its second or right after it")
    func alarms() {
        var alarms = PUAAlarms(now: WallTime(seconds: 100))
        for second in [101, 105, 105, 90, 5_000] {
            alarms.set(.job(UInt64(second)), at: WallTime(seconds: second))
        }
        func rung(_ second: Int) -> [UInt64] {
            alarms.take(now: WallTime(seconds: second)).map {
                if case .job(let job) = $0 { job } else { 0 }
            }
        }
        #expect(rung(100) == [])
        #expect(rung(101) == [101, 90])
        #expect(rung(104) == [])
        #expect(rung(106) == [105, 105])
        #expect(rung(50) == [])
        #expect(rung(1_000_000) == [5_000])
        #expect(alarms.isEmpty)
    }

    @Test("the number of a job that is over reaches nothing")
    func table() {
        var table = PUAJobTable()
        let wish = PUAWish.publication(EngineRig.publication())
        let job = PUAJob(
            wish.key(checksRemoteContact: true), wish, isRefresh: false, tickets: [],
            now: WallTime(seconds: 0))
        let first = table.insert(job)
        #expect(table.take(first) != nil)
        #expect(table.take(first) == nil)
        table.remove(first)
        let second = table.insert(job)
        #expect(first != second)
        #expect(table.take(first) == nil)
        #expect(table.take(0) == nil)
        #expect(table.take(.max) == nil)
        #expect(table.count == 1)
    }

    @Test("names differ from each other and from those under another secret")
    func names() {
        var one = PUANames(secret: (1, 2, 3, 4))
        var other = PUANames(secret: (1, 2, 3, 5))
        var seen: Set<[UInt8]> = []
        for _ in 0..<1_000 {
            seen.insert(one.callID())
            seen.insert(other.callID())
        }
        #expect(seen.count == 2_000)
        #expect(seen.allSatisfy { $0.count == 32 })
        #expect(one.tag().count == 16)
    }

    @Test("events and packages: a name or bit is there once, and names know no case")
    func events() {
        var table = PUAEventTable()
        let dialog = PUAEventDeclaration(.dialog, "dialog", contentType: nil, prepare: nil)
        let line = PUAEventDeclaration(.sharedLine, "dialog;sla", contentType: nil, prepare: nil)
        let added = [table.add(dialog), table.add(line), table.add(dialog)]
        #expect(added == [true, true, false])
        let same = PUAEventDeclaration(.features, "DIALOG", contentType: nil, prepare: nil)
        let isNew = table.add(same)
        #expect(!isNew)
        #expect(table.named(Array("Dialog;SLA".utf8))?.event == .sharedLine)
        #expect(table.named(Array("reg".utf8)) == nil)
        #expect(table[.dialog]?.name == Array("dialog".utf8))
    }

    @Test("credentials never show their password")
    func credentials() {
        let credentials = PUACredentials(
            realm: Array("r".utf8), user: Array("u".utf8), password: Array("secret".utf8))
        #expect("\(credentials)" == "u@r")
    }
}
