import Basics
import Glibc
import TestSupport
import Testing

@testable import Server

@Suite("the supervisor that started the server")
struct SupervisorTests {
    private func made(_ environment: [String: String]) -> Supervisor? {
        Supervisor({ environment[$0] }, process: 42)
    }

    @Test(
        "without a socket in the environment there is none",
        arguments: [
            [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"],
            ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)],
            ["WATCHDOG_USEC": "1000000"],
        ])
    func none(environment: [String: String]) {
        #expect(made(environment) == nil)
    }

    @Test("the watchdog's time is in microseconds, and for one process only")
    func watchdog() throws {
        let socket = ["NOTIFY_SOCKET": "/run/x"]
        let cases: [([String: String], Double?)] = [
            ([:], nil), (["WATCHDOG_USEC": "30000000"], 30),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"], 30),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil),
        ]
        for (more, seconds) in cases {
            let found = try #require(made(socket.merging(more) { $1 }))
            #expect(found.watchdogSeconds == seconds, "\(more)")
        }
    }

    @Test("the news are those of sd_notify")
    func news() {
        #expect(Supervisor.News.ready("2 sockets").text == "READY=1\nSTATUS=2 sockets\n")
        #expect(Supervisor.News.alive.text == "WATCHDOG=1\n")
        #expect(Supervisor.News.stopping.text == "STOPPING=1\n")
        #expect(
            Supervisor.News.reloading(MonotonicTime(nanoseconds: 5_000_700)).text
                == "RELOADING=1\nMONOTONIC_USEC=5000\n")
    }

    @Test("they arrive at a socket of the file system")
    func tells() throws {
        let folder = try TemporaryFolder()
        let post = try #require(NotificationSocket(folder.file("notify")))
        let supervisor = try #require(made(["NOTIFY_SOCKET": folder.file("notify")]))
        #expect(supervisor.tell(.alive))
        #expect(post.receive(seconds: 5) == "WATCHDOG=1\n")
    }

    @Test("a supervisor that is gone is no reason to wait or to fail")
    func gone() throws {
        let folder = try TemporaryFolder()
        let supervisor = try #require(made(["NOTIFY_SOCKET": folder.file("nobody")]))
        #expect(!supervisor.tell(.stopping))
        let abstract = try #require(made(["NOTIFY_SOCKET": "@nobody-is-here"]))
        #expect(!abstract.tell(.stopping))
    }
}
