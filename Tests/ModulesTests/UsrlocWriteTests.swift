import Basics
import JSONValue
import Locations
import ModuleKit
import Storage
import Testing

@testable import Usrloc

@Suite("usrloc: changes on their way to the database (db_mode 2 and 1)")
struct UsrlocWriteTests {
    private func writeBack(
        _ database: FakeDatabase, _ more: String = ""
    ) throws -> RegistrarRig {
        try RegistrarRig("usrloc db_mode 2;\(more)", database: database)
    }

    private func figure(_ rig: RegistrarRig, _ name: String) throws -> JSONValue? {
        try rig.services.call("ul.status")["result"]?[name]
    }

    // MARK: Write-back

    @Test("a change waits in memory until the timer comes, and is written once")
    func timer() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database, "usrloc timer_interval 7")
        #expect(rig.services.jobNames == ["usrloc.timer 7"])
        try rig.register("<sip:a@h>")
        try rig.register("<sip:a@h>", expires: "500")
        #expect(database.rows.isEmpty)
        #expect(try rig.bindings()[0].state == "CS_NEW")
        #expect(try figure(rig, "dirty") == 1)
        rig.services.runJob("usrloc.timer 7")
        rig.settle()
        #expect(database.contacts == ["sip:a@h"])
        #expect(try rig.bindings()[0].state == "CS_SYNC")
        #expect(try figure(rig, "dirty") == 0)
        #expect(try figure(rig, "rows_written") == 1)
        try rig.register("<sip:a@h>")
        #expect(try rig.bindings()[0].state == "CS_DIRTY")
    }

    @Test("without a timer interval there is no timer")
    func noTimer() throws {
        let rig = try writeBack(FakeDatabase(), "usrloc timer_interval 0")
        #expect(rig.services.jobNames.isEmpty)
    }

    @Test("timer_interval is the period of the pass over what changed", arguments: [1, 7, 86_400])
    func timerPeriod(seconds: Int) throws {
        let database = FakeDatabase()
        let rig = try writeBack(database, "usrloc timer_interval \(seconds)")
        let jobs = rig.services.jobNames.filter { $0.hasSuffix(" \(seconds)") }
        let job = try #require(jobs.first)
        try rig.register("<sip:a@h>")
        #expect(database.rows.isEmpty)
        rig.services.runJob(job)
        rig.settle()
        #expect(database.contacts == ["sip:a@h"])
    }

    @Test("db_url says which database is asked, its default included")
    func address() throws {
        let named = try writeBack(FakeDatabase(), "usrloc db_url sqlite:///var/lib/x.sqlite")
        #expect(
            named.services.askedDatabases == ["sqlite:///var/lib/x.sqlite"])
        let silent = try writeBack(FakeDatabase(), "usrloc use_domain 0")
        #expect(
            silent.services.askedDatabases
                == ["mysql://kamailio:kamailiorw@localhost/kamailio"])
    }

    @Test("every column of a row is written")
    func columns() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 2", serverID: 5, database: database)
        try rig.register(
            "<sip:a@h>;q=0.25;+sip.instance=\"<urn:uuid:1>\";reg-id=3;"
                + "received=\"sip:192.0.2.9\";methods=\"INVITE,BYE\";expires=600",
            "User-Agent: phone")
        #expect(try rig.writer.flush())
        let row = try #require(database.rows.first)
        let expected: FakeDatabase.Row = [
            "username": .text("alice"), "contact": .text("sip:a@h"),
            "received": .text("sip:192.0.2.9"), "path": .null,
            "expires": .time(WallTime(seconds: rig.now.seconds + 600)), "q": .double(0.25),
            "callid": .text("call-1"), "cseq": .integer(1), "last_modified": .time(rig.now),
            "flags": .integer(0), "cflags": .integer(0), "user_agent": .text("phone"),
            "socket": .text("udp:127.0.0.1:5060"), "methods": .integer(9),
            "instance": .text("<urn:uuid:1>"), "reg_id": .integer(3), "server_id": .integer(5),
            "connection_id": .integer(-1), "keepalive": .integer(0), "partition": .integer(0),
        ]
        for (name, value) in expected { #expect(row[name] == value, "\(name)") }
        #expect(row["domain"] == nil)
        #expect(row["ruid"].text == (try rig.bindings()[0].ruid))
    }

    @Test("what is not set is NULL, and all methods are")
    func nulls() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        #expect(try rig.writer.flush())
        for name in ["received", "path", "methods", "instance"] {
            #expect(database.rows[0][name] == .null, "\(name)")
        }
        #expect(database.rows[0]["q"] == .double(-1))
    }

    @Test("masks fit their signed columns")
    func masks() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        let added = try rig.services.call(
            "ul.add", "location", "bob", "sip:b@h", 0, -1.0, "", 0x8000_0000, 0x8000_0001, -2)
        #expect(added["result"] == [:])
        #expect(try rig.writer.flush())
        #expect(database.rows[0]["flags"] == .integer(Int(Int32.min)))
        #expect(database.rows[0]["cflags"] == .integer(Int(Int32.min) + 1))
        #expect(database.rows[0]["methods"] == .integer(-2))
        let again = try writeBack(database)
        #expect(try again.bindings("bob")[0].values.methods == UInt32.max - 1)
        #expect(try again.bindings("bob")[0].values.cflags == 0x8000_0001)
    }

    @Test("with use_domain the AoR is two columns")
    func domain() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database, "usrloc use_domain 1")
        try rig.register("<sip:a@h>")
        try rig.register("<sip:b@h>", to: "<sip:example.org>")
        #expect(try rig.writer.flush())
        let names = database.rows.map { "\($0["username"].text)|\($0["domain"].text)" }
        #expect(names.sorted() == ["alice|example.com", "|example.org"].sorted())
        let again = try writeBack(database, "usrloc use_domain 1")
        #expect(try again.bindings("alice@example.com").count == 1)
        #expect(try again.bindings("example.org").count == 1)
    }

    @Test("a removal deletes the row, and one that was never written costs nothing")
    func removal() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>, <sip:b@h>")
        try rig.register("<sip:b@h>", expires: "0")
        #expect(try rig.writer.flush())
        #expect(database.contacts == ["sip:a@h"])
        try rig.register("*", expires: "0")
        #expect(database.rows.count == 1)
        #expect(try rig.writer.flush())
        #expect(database.rows.isEmpty)
        #expect(database.log.contains("delete location 1"))
    }

    @Test("a batch deletes first and writes then, in one transaction")
    func order() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>;expires=60, <sip:b@h>")
        #expect(try rig.writer.flush())
        try rig.register("<sip:b@h>", expires: "0")
        rig.now.seconds += 61
        try rig.register("<sip:c@h>")
        let before = database.log.count
        #expect(try rig.writer.flush())
        #expect(
            Array(database.log.dropFirst(before)) == [
                "begin", "delete guarded location 1", "delete location 1", "upsert location 1",
                "commit",
            ])
        #expect(database.contacts == ["sip:c@h"])
    }

    @Test("an expired binding's row stays when another server has refreshed it")
    func guarded() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        rig.now.seconds -= 1_000
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=600")
        #expect(try rig.writer.flush())
        let later = DatabaseValue.time(WallTime(seconds: rig.now.seconds + 5_000))
        database.change { state in
            for place in state.rows.indices where state.rows[place]["contact"].text == "sip:b@h" {
                state.rows[place]["expires"] = later
            }
        }
        rig.usrloc.tick()
        rig.settle()
        #expect(try rig.bindings().isEmpty)
        #expect(database.contacts == ["sip:b@h"])
        #expect(try rig.table.statistics.expired.value == 2)
    }

    @Test("thousands of changes go in transactions of bounded size")
    func batches() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        for number in 0..<5_000 {
            try rig.register("<sip:a@h>", to: "<sip:user\(number)@example.com>")
        }
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 5_000)
        let sizes = database.log.filter { $0.hasPrefix("upsert") }
            .compactMap { Int($0.split(separator: " ")[2]) }
        #expect(sizes.reduce(0, +) == 5_000)
        #expect(sizes.count >= 2)
        let most = LocationWriter.batchRows + LocationWriter.rowsPerLock
        #expect(sizes.allSatisfy { $0 <= most })
        #expect(try figure(rig, "last_flush_rows") == 5_000)
    }

    // MARK: Failures

    @Test("while the database is away changes stay, and are written when it is back")
    func away() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        database.change { $0.isAway = true }
        #expect(try !rig.writer.flush())
        #expect(try figure(rig, "database") == "away")
        #expect(try figure(rig, "dirty") == 1)
        #expect(try figure(rig, "failed_flushes") == 1)
        #expect(try figure(rig, "last_error") == "the fake is away")
        #expect(try rig.register("<sip:b@h>").status == 200)
        #expect(try rig.bindings().map(\.state) == ["CS_NEW", "CS_NEW"])
        database.change { $0.isAway = false }
        #expect(try rig.writer.flush())
        #expect(database.contacts == ["sip:a@h", "sip:b@h"])
        #expect(try figure(rig, "database") == "connected")
        #expect(rig.services.lines.all.filter { $0.contains("is away") }.count == 1)
        #expect(rig.services.lines.all.filter { $0.contains("is back") }.count == 1)
    }

    @Test("a connection that failed is closed, and a new one is opened")
    func reconnect() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        #expect(database.connects == 1)
        try rig.register("<sip:a@h>")
        database.change { $0.isAway = true }
        #expect(try !rig.writer.flush())
        #expect(database.open == 0)
        database.change { $0.isAway = false }
        #expect(try rig.writer.flush())
        #expect(database.connects == 2)
        rig.stop()
        #expect(database.open == 0)
    }

    @Test("after failures the timer waits before it tries again, and a command does not")
    func backoff() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        database.change { $0.isAway = true }
        for _ in 0..<8 { #expect(try !rig.writer.flush()) }
        database.change { $0.isAway = false }
        rig.usrloc.tick()
        rig.settle()
        #expect(database.rows.isEmpty)
        #expect(try rig.services.call("ul.flush")["result"] == [:])
        #expect(database.rows.count == 1)
    }

    @Test("a transaction that lost a race is run again", arguments: [1, 4])
    func deadlock(times: Int) throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        database.change { $0.deadlocks = times }
        #expect(try rig.writer.flush())
        #expect(database.contacts == ["sip:a@h"])
        #expect(database.log.filter { $0 == "begin" }.count == times + 1)
    }

    @Test("one that loses again and again fails this time and goes through the next")
    func deadlocks() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        database.change { $0.deadlocks = 5 }
        #expect(try !rig.writer.flush())
        #expect(database.rows.isEmpty)
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 1)
    }

    @Test("a row that the database refuses does not block the others, and is counted and logged")
    func refusedRow() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        database.change { $0.refusedContacts = ["sip:bad@h"] }
        try rig.register("<sip:a@h>, <sip:bad@h>, <sip:c@h>")
        #expect(try rig.writer.flush())
        #expect(database.contacts == ["sip:a@h", "sip:c@h"])
        #expect(try figure(rig, "rows_skipped") == 1)
        #expect(try figure(rig, "dirty") == 0)
        #expect(rig.services.lines.all.contains { $0.contains("refuses a binding") })
        #expect(try rig.bindings().count == 3)
    }

    @Test("a change that comes while its batch is written is written again")
    func changedInFlight() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>;expires=600")
        database.freeze()
        rig.usrloc.tick()
        while !database.log.contains("begin") {}
        try rig.register("<sip:a@h>;expires=900")
        #expect(try rig.bindings()[0].state != "CS_SYNC")
        database.thaw()
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 1)
        #expect(database.rows[0]["expires"].seconds == rig.now.seconds + 900)
    }

    @Test("a frozen database holds up no registration")
    func frozen() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        database.freeze()
        rig.usrloc.tick()
        for number in 0..<100 {
            #expect(try rig.register("<sip:a\(number % 5)@h>").status == 200)
        }
        database.thaw()
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 6)
    }

    @Test("a read that is refused does not count as a database that is away")
    func refusedRead() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        database.change { $0.refusesAll = true }
        let answer = try rig.services.call("ul.db_users", "location")
        #expect(answer["error"]?["code"] == 500)
        #expect(try figure(rig, "database") == "connected")
    }

    // MARK: Stop

    @Test("a stop writes what waits")
    func stop() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>")
        rig.stop()
        #expect(database.contacts == ["sip:a@h"])
        #expect(rig.services.stopped.value == -1)
    }

    @Test("a stop that leaves changes behind says how many and ends with status 1")
    func stopWithoutDatabase() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        try rig.register("<sip:a@h>, <sip:b@h>")
        database.change { $0.isAway = true }
        rig.stop()
        #expect(rig.services.stopped.value == 1)
        #expect(
            rig.services.lines.all.contains {
                $0.contains("did not take the last changes")
            })
    }

    @Test("a stop without changes is clean, database or not")
    func stopWithNothing() throws {
        let database = FakeDatabase()
        let rig = try writeBack(database)
        database.change { $0.isAway = true }
        rig.stop()
        #expect(rig.services.stopped.value == -1)
        let never = FakeDatabase()
        never.change { $0.isAway = true }
        let alone = try writeBack(never)
        alone.stop()
        #expect(alone.services.stopped.value == -1)
    }

    // MARK: Write-through

    @Test("with db_mode 1 a row is there when the reply leaves")
    func writeThrough() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 1", database: database)
        try rig.register("<sip:a@h>;expires=600")
        #expect(database.contacts == ["sip:a@h"])
        try rig.register("<sip:a@h>;expires=900")
        #expect(database.rows[0]["expires"].seconds == rig.now.seconds + 900)
        try rig.register("<sip:a@h>;expires=0")
        #expect(database.rows.isEmpty)
        try rig.register("<sip:b@h>")
        #expect(try rig.services.call("ul.rm", "location", "alice")["result"] == [:])
        #expect(database.rows.isEmpty)
    }

    @Test("with db_mode 1 nobody waits for a database that is known to be away")
    func writeThroughAway() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 1", database: database)
        database.change { $0.isAway = true }
        #expect(try rig.register("<sip:a@h>").status == 200)
        let start = SystemClock.monotonic()
        for _ in 0..<20 { #expect(try rig.register("<sip:a@h>").status == 200) }
        let seconds = SystemClock.monotonic().since(start) / 1_000_000_000
        #expect(seconds < UInt64(LocationWriter.waitSecondsMax))
        database.change { $0.isAway = false }
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 1)
    }

    @Test("a frozen database costs one request its wait, and those behind it none")
    func writeThroughFrozen() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 1", database: database)
        database.freeze()
        #expect(try rig.register("<sip:a@h>").status == 200)
        let start = SystemClock.monotonic()
        for _ in 0..<5 { #expect(try rig.register("<sip:a@h>").status == 200) }
        let seconds = SystemClock.monotonic().since(start) / 1_000_000_000
        #expect(seconds < UInt64(LocationWriter.waitSecondsMax))
        database.thaw()
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 1)
    }

    @Test("whoever waits for a change that an earlier pass has written is woken at once")
    func wokenAfterwards() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 1", database: database)
        try rig.register("<sip:a@h>")
        let aor = Array("alice".utf8)
        let table = try rig.table
        let shard = Int(table.hashValue(of: aor.span) >> 58)
        let start = SystemClock.monotonic()
        try rig.writer.waitFor(table, shard: shard, change: table.confirmedChange(shard: shard))
        let seconds = SystemClock.monotonic().since(start) / 1_000_000_000
        #expect(seconds < UInt64(LocationWriter.waitSecondsMax))
    }
}
