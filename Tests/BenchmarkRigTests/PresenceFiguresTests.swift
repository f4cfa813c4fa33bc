import Foundation
import Synchronization
import Testing

@testable import BenchmarkRig

/// Whether a MariaDB with Kamailio's tables can be started here.
private let hasMariaDB =
    FileManager.default.fileExists(atPath: "/usr/share/kamailio/mysql/presence-create.sql")
    && (try? ChildProcess.run(["sh", "-c", "command -v mariadbd"], secondsMax: 10)) != nil

/// The requests of a run, in order.
private final class Asked: Sendable {
    private let all = Mutex<[PresenceRequest]>([])
    var requests: [PresenceRequest] { all.withLock { $0 } }
    func add(_ request: PresenceRequest) { all.withLock { $0.append(request) } }
}

/// Tools that only say what they were asked for; `outcome` decides what it came to.
private func tools(
    _ asked: Asked,
    _ outcome: @escaping @Sendable (PresenceRequest) throws(RigError) -> PresenceOutcome
) -> LoadTools {
    LoadTools(
        register: { (_) throws(RigError) in throw RigError(.usage, "none") },
        echo: { (_) throws(RigError) in 0 },
        presence: { (request, boundary) throws(RigError) in
            asked.add(request)
            boundary()
            boundary()
            return try outcome(request)
        })
}

/// What a load comes to when nothing goes wrong: a hundred operations a second, or the pace.
private func good(_ request: PresenceRequest) -> PresenceOutcome {
    let rate = Double(request.rate ?? 100)
    return PresenceOutcome(
        completed: 100, failures: 0, notifies: 100 * request.watchersEach, rate: rate,
        notifyRate: rate * Double(request.watchersEach), notifyP99: 5_000)
}

@Suite("Loads of the presence server")
struct PresenceWorkloadTests {
    @Test("every load has rows of its own", arguments: PresenceWorkload.allCases)
    func rows(_ workload: PresenceWorkload) {
        let rows = [workload.usual, workload.memory] + (workload.cost.map { [$0] } ?? [])
        #expect(Set(rows).count == rows.count)
        for row in rows {
            #expect(row.isPresence && row.needsDatabase)
            let isRate = row != workload.cost
            #expect(row.unit == (isRate ? "1/s" : "us"))
        }
        let others = PresenceWorkload.allCases.filter { $0 != workload }
        #expect(!others.contains { rows.contains($0.usual) || rows.contains($0.memory) })
    }

    @Test("the loads are those that the rows are called after")
    func requests() {
        let options = BenchmarkOptions(kamailio: nil, roost: nil)
        let watchers = [PresenceWorkload.publish, .ten, .thousand].map {
            $0.request(port: 1, options)
        }
        #expect(watchers.map(\.watchersEach) == [1, 10, 1_000])
        #expect(watchers.allSatisfy { $0.kind == .publish && $0.bodyBytes == 500 })
        let subscribe = PresenceWorkload.subscribe.request(port: 1, options)
        #expect(subscribe.kind == .subscribe)
        // More than any server can take in the time, or the end would be counted as its rate.
        #expect(
            subscribe.presentities * subscribe.watchersEach >= 200_000 * options.presenceSeconds)
        #expect(PresenceWorkload.allCases.filter(\.countsNotifies) == [.ten, .thousand])
    }

    @Test("the rows are fourteen, and none is among the large ones")
    func count() {
        let rows = Figure.allCases.filter(\.isPresence)
        #expect(rows.count == 14 && !rows.contains(where: \.isMillion))
    }

    @Test("tools without a generator for presence say so")
    func absent() {
        let tools = LoadTools(
            register: { (_) throws(RigError) in throw RigError(.usage, "none") },
            echo: { (_) throws(RigError) in 0 })
        let request = PresenceRequest(port: 1, kind: .publish, presentities: 1)
        let error = #expect(throws: RigError.self) { try tools.presence(request) {} }
        #expect(error?.description == "no generator for presence")
    }
}

@Suite(
    "Figures of the presence server", .enabled(if: FakeServer.isPossible && hasMariaDB),
    .timeLimit(.minutes(3)))
struct PresenceFiguresTests {
    private func options(
        _ kamailio: FakeServer, _ roost: FakeServer, _ figures: [Figure]
    ) -> BenchmarkOptions {
        var options = BenchmarkOptions(
            kamailio: kamailio.contestant, roost: roost.contestant)
        options.makeQuick()
        options.presenceSubjects = 6
        options.figures = figures
        return options
    }

    @Test("Kamailio runs with and without a database, ours with one, and one number fills two rows")
    func all() throws {
        let (kamailio, roost) = (try FakeServer("kamailio"), try FakeServer())
        let database = try PrivateMariaDB()
        let asked = Asked()
        let tools = tools(asked) { (request) throws(RigError) in
            // What a server would have written at its stop.
            if request.kind != .publish { try Self.fill(database, request) }
            return good(request)
        }
        let options = options(kamailio, roost, Figure.allCases.filter(\.isPresence))
        var run = BenchmarkRun(options, tools: tools) { _ in }
        run.takePresence("here", try #require(options.kamailio), .kamailio, database)
        let first = asked.requests.count
        #expect(first == 8 + 1 + 3)
        run.takePresence("here", try #require(options.roost), .roost, database)
        #expect(asked.requests.count == first + 4 + 1 + 3)
        let table = BenchmarkTable(run.measurements, figures: options.figures, heading: [])
        #expect(!table.notes.contains { $0.contains("not taken") }, "\(table.notes)")
        for row in table.rows {
            #expect(row.kamailio.values.count == 1 && row.roost.values.count == 1)
        }
        #expect(table.rows.count == 14)
        #expect(run.measurements[.presenceTen, .roost].values == [1_000])
        #expect(run.measurements[.presenceTenMemory, .roost].values == [1_000])
        #expect(run.sustainedRate == 90)
        #expect(asked.requests.filter { $0.rate == 90 }.count == 2)
        let starts = Set(kamailio.starts)
        #expect(starts == ["start WITH_PRESENCE", "start WITH_PRESENCE WITH_DB"])
        #expect(Set(roost.starts) == ["start WITH_PRESENCE WITH_DB"])
        for table in ["active_watchers", "presentity"] {
            #expect(
                run.measurements.notes.contains("roost: all rows of \(table) after a clean stop"))
        }
    }

    @Test("a pace that Kamailio does not keep up with is lowered until it does")
    func sustained() throws {
        let (kamailio, roost) = (try FakeServer("kamailio"), try FakeServer())
        let database = try PrivateMariaDB()
        let asked = Asked()
        let tools = tools(asked) { (request) throws(RigError) in
            var outcome = good(request)
            // At 64 a second it is late, above that it loses something.
            if let rate = request.rate, rate > 60 {
                if rate > 64 { outcome.failures = 1 } else { outcome.rate = 50 }
            }
            return outcome
        }
        let options = options(kamailio, roost, [.presenceLatency])
        var run = BenchmarkRun(options, tools: tools) { _ in }
        run.takePresence("here", try #require(options.kamailio), .kamailio, database)
        #expect(asked.requests.compactMap(\.rate) == [90, 72, 57])
        #expect(run.sustainedRate == 57)
        // Only what latency needs was taken beside it.
        #expect(run.measurements[.presencePublish, .kamailio].values == [100])
        #expect(run.measurements[.presenceSubscribe, .kamailio].values.isEmpty)
        run.takePresence("here", try #require(options.roost), .roost, database)
        #expect(asked.requests.last?.rate == 57)
        #expect(run.measurements[.presenceLatency, .roost].values == [5_000])
    }

    @Test("what fails or is lost at a stop is a remark and no number")
    func failures() throws {
        let (kamailio, roost) = (try FakeServer("kamailio"), try FakeServer())
        let database = try PrivateMariaDB()
        let asked = Asked()
        let tools = tools(asked) { (request) throws(RigError) in
            var outcome = good(request)
            if request.kind == .publish { outcome.failures = 3 }
            return outcome
        }
        let options = options(
            kamailio, roost, [.presencePublish, .presenceLatency, .presenceSubscriptionMemory])
        var run = BenchmarkRun(options, tools: tools) { _ in }
        run.takePresence("here", try #require(options.roost), .roost, database)
        #expect(run.measurements[.presencePublish, .roost].values.isEmpty)
        #expect(run.measurements[.presenceLatency, .roost].values.isEmpty)
        let notes = run.measurements.notes
        #expect(notes.contains("not taken: here, publish, MariaDB: 3 failures, 100 complete"))
        #expect(notes.contains { $0.contains("450 PUBLISH a second are not sustained") })
        #expect(
            notes.contains {
                $0.hasSuffix("after a clean stop 0 of 9 rows stand in active_watchers")
            })
    }

    /// Writes as many rows as the load has made.
    private static func fill(
        _ database: PrivateMariaDB, _ request: PresenceRequest
    ) throws(RigError) {
        let from = try database.rows(of: "active_watchers") + 1
        let numbers = "seq_\(from)_to_\(from + request.presentities - 1)"
        if request.kind == .initial {
            try database.sql(
                "insert into presentity select null, concat('u', seq), 'd', 'presence', seq, 1, 1,"
                    + " 'b', '', 0, null from \(numbers)")
        } else {
            try database.sql(
                "insert into active_watchers (presentity_uri, watcher_username, watcher_domain,"
                    + " to_user, to_domain, from_user, from_domain, from_tag, to_tag, callid,"
                    + " local_cseq, remote_cseq, contact, expires, version, socket_info,"
                    + " local_contact, updated, updated_winfo) select 'p', 'u', 'd', 'u', 'd', 'u',"
                    + " 'd', seq, seq, seq, 1, 1, 'c', 1, 1, 's', 'l', 0, 0 from \(numbers)")
        }
    }
}
