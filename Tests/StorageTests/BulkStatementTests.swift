import Basics
import Storage
import Testing

@Suite("Bulk statements")
struct BulkStatementTests {
    @Test("an upsert replaces all columns but the key, in each dialect's words")
    func upsert() {
        let columns = ["ruid", "expires", "partition"]
        #expect(
            BulkStatement.upsert(into: "location", columns: columns, key: ["ruid"], .mariaDB) == """
                INSERT INTO `location` (`ruid`, `expires`, `partition`) VALUES (?, ?, ?) \
                ON DUPLICATE KEY UPDATE `expires` = VALUES(`expires`), \
                `partition` = VALUES(`partition`)
                """)
        #expect(
            BulkStatement.upsert(into: "location", columns: columns, key: ["ruid"], .sqlite) == """
                INSERT INTO "location" ("ruid", "expires", "partition") VALUES (?, ?, ?) \
                ON CONFLICT ("ruid") DO UPDATE SET "expires" = excluded."expires", \
                "partition" = excluded."partition"
                """)
    }

    @Test("an upsert of nothing but the key leaves an existing row as it is")
    func keyOnly() {
        #expect(
            BulkStatement.upsert(into: "t", columns: ["k"], key: ["k"], .mariaDB)
                .hasSuffix("ON DUPLICATE KEY UPDATE `k` = VALUES(`k`)"))
        #expect(
            BulkStatement.upsert(into: "t", columns: ["k"], key: ["k"], .sqlite)
                .hasSuffix("ON CONFLICT (\"k\") DO NOTHING"))
    }

    @Test("an update sets its columns where the key says")
    func update() {
        #expect(
            BulkStatement.update("t", columns: ["a", "b"], key: ["id", "etag"], .mariaDB)
                == "UPDATE `t` SET `a` = ?, `b` = ? WHERE `id` = ? AND `etag` = ?")
    }

    @Test("a delete names its rows by the key, and by the guard in a way no index serves")
    func delete() {
        #expect(
            BulkStatement.delete(from: "t", key: ["a", "b"], guardColumn: nil, .sqlite)
                == "DELETE FROM \"t\" WHERE \"a\" = ? AND \"b\" = ?")
        #expect(
            BulkStatement.delete(from: "t", key: ["a"], guardColumn: "g", .mariaDB)
                == "DELETE FROM `t` WHERE `a` = ? AND COALESCE(`g`, NULL) BETWEEN ? AND ?")
    }

    @Test("a guard in time does not reach down to time 0, which is never")
    func lowerEnd() {
        guard case .time(let low) = BulkStatement.lowerEnd(of: .time(WallTime(seconds: 500))),
            case .time(let lowest) = BulkStatement.lowerEnd(of: .time(WallTime(seconds: 0)))
        else {
            Issue.record("the lower end of a time is a time")
            return
        }
        #expect(low.seconds > 0)
        #expect(lowest.seconds < 0)
    }
}

@Suite("When to try again")
struct RetryTests {
    private func time(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    @Test("pauses double from the shortest to the longest, and an answer ends them")
    func backoff() {
        var backoff = ReconnectBackoff(minMilliseconds: 100, maxMilliseconds: 450)
        #expect(backoff.mayTry(at: time(0)))
        for pause in [100, 200, 400, 450, 450] {
            backoff.fail(at: time(1_000))
            #expect(!backoff.mayTry(at: time(1_000 + pause - 1)))
            #expect(backoff.remaining(at: time(1_000)) == UInt64(pause) * 1_000_000)
            #expect(backoff.mayTry(at: time(1_000 + pause)))
        }
        #expect(backoff.failures == 5)
        backoff.succeed()
        #expect(backoff.mayTry(at: time(0)))
        #expect(backoff.remaining(at: time(0)) == 0)
    }

    @Test("after very many failures the pause is still the longest")
    func backoffForever() {
        var backoff = ReconnectBackoff(minMilliseconds: 1, maxMilliseconds: 3_600_000)
        for _ in 0..<1_000 { backoff.fail(at: time(0)) }
        #expect(backoff.remaining(at: time(0)) == 3_600_000_000_000)
    }

    @Test("a conflict is tried again as often as allowed")
    func conflict() {
        var runs = 0
        let error = #expect(throws: StorageError.self) {
            try RetryPolicy(attemptsMax: 3).run { () throws(StorageError) in
                runs += 1
                throw StorageError(.conflict, "deadlock", code: 1_213)
            }
        }
        #expect(runs == 3)
        #expect(error?.code == 1_213)
    }

    @Test(
        "what is no conflict is not tried again",
        arguments: [
            StorageError.Kind.unavailable, .refused, .configuration,
        ])
    func noConflict(_ kind: StorageError.Kind) {
        var runs = 0
        #expect(throws: StorageError.self) {
            try RetryPolicy().run { () throws(StorageError) in
                runs += 1
                throw StorageError(kind, "no")
            }
        }
        #expect(runs == 1)
    }

    @Test("the result of the attempt that succeeds is the result")
    func success() throws {
        var runs = 0
        let result = try RetryPolicy().run { () throws(StorageError) -> Int in
            runs += 1
            if runs < 3 { throw StorageError(.conflict, "again") }
            return runs
        }
        #expect(result == 3)
        #expect(StorageError(.refused, "no", code: 7).description == "no (error 7)")
        #expect(StorageError(.refused, "no").description == "no")
    }
}
