import Basics
import Glibc
import ModuleKit
import Testing

@testable import PV

/// Times as scripts read them.
@Suite("Variables of time")
struct TimeVariableTests {
    @Test(
        "a time in UTC, part by part",
        arguments: [
            (0, "1970 1 1 0 0 0 5 1"), (86_399, "1970 1 1 23 59 59 5 1"),
            (951_782_400, "2000 2 29 0 0 0 3 60"), (978_307_199, "2000 12 31 23 59 59 1 366"),
            (1_700_000_000, "2023 11 14 22 13 20 3 318"), (-1, "1969 12 31 23 59 59 4 365"),
            (4_102_444_800, "2100 1 1 0 0 0 6 1"), (4_107_542_400, "2100 3 1 0 0 0 2 60"),
            (2_147_483_648, "2038 1 19 3 14 8 3 19"),
        ])
    func parts(seconds: Int, expected: String) {
        let time = BrokenDownTime(seconds, isUTC: true)
        let fields: [TimeField] = [.year, .mon, .mday, .hour, .min, .sec, .wday, .yday]
        #expect(fields.map { "\($0.value(time))" }.joined(separator: " ") == expected)
        #expect(TimeField.isdst.value(time) == 0)
    }

    @Test("local time differs from UTC by the zone's whole minutes")
    func local() {
        for seconds in [0, 1_700_000_000, 1_690_000_000] {
            let local = BrokenDownTime(seconds, isUTC: false)
            let utc = BrokenDownTime(seconds, isUTC: true)
            #expect(local.second == utc.second)
            #expect(abs(local.dayOfYear - utc.dayOfYear) <= 1 || local.year != utc.year)
        }
    }

    @Test("every part of every day of four years lies within its bounds")
    func bounds() {
        for day in 0..<1_461 {
            let time = BrokenDownTime(1_577_836_800 + day * 86_400 + day * 59, isUTC: true)
            #expect((0...60).contains(TimeField.sec.value(time)))
            #expect((0...59).contains(TimeField.min.value(time)))
            #expect((0...23).contains(TimeField.hour.value(time)))
            #expect((1...31).contains(TimeField.mday.value(time)))
            #expect((1...12).contains(TimeField.mon.value(time)))
            #expect((1...7).contains(TimeField.wday.value(time)))
            #expect((1...366).contains(TimeField.yday.value(time)))
            #expect((2020...2024).contains(TimeField.year.value(time)))
        }
    }

    @Test(
        "formats of strftime",
        arguments: [
            ("%Y-%m-%d", "2023-11-14"), ("%H:%M:%S", "22:13:20"), ("%a %A", "Tue Tuesday"),
            ("%b %B", "Nov November"), ("%j %u %w", "318 2 2"), ("%s", nil), ("%%", "%"),
            ("%y", "23"), ("%e", "14"), ("%T", "22:13:20"), ("%D", "11/14/23"),
            ("%F", "2023-11-14"),
            ("plain", "plain"), ("", ""), ("%", nil), ("%Q", nil), ("\u{e9}%Y", "\u{e9}2023"),
        ] as [(String, String?)])
    func formats(format: String, expected: String?) {
        let bytes = BrokenDownTime.format(1_700_000_000, isUTC: true, format, countMax: 256)
        if let expected { #expect(String(decoding: bytes, as: UTF8.self) == expected) }
        #expect(bytes.count < 256)
    }

    @Test("a format that needs more room than there is gives nothing")
    func noRoom() {
        #expect(BrokenDownTime.format(0, isUTC: true, "%Y-%m-%d", countMax: 10).isEmpty)
        #expect(BrokenDownTime.format(0, isUTC: true, "%Y-%m-%d", countMax: 11).count == 10)
        let long = String(repeating: "%A", count: 128)
        #expect(BrokenDownTime.format(0, isUTC: true, long, countMax: 1_024).isEmpty)
    }

    @Test(
        "a format in a script",
        arguments: [
            ("$utimef(%Y)", "2023"), ("$utimef(%d.%m.%Y %H:%M)", "14.11.2023 22:13"),
            ("$utimef(at %H h)", "at 22 h"), ("$utimef(%%Y)", "%Y"), ("$utimef(a=b;c)", "a=b;c"),
        ])
    func scripts(template: String, expected: String) throws {
        #expect(try expanded(template) == expected)
    }

    @Test("a format that is too long is refused when the script is loaded")
    func longFormat() {
        let long = String(repeating: "%Y", count: 129)
        #expect(scriptError("$var(x) = $utimef(\(long));").contains("at most 256 bytes"))
        let most = String(repeating: "%Y", count: 128)
        #expect(scriptError("$var(x) = $utimef(\(most));") == "none")
    }

    @Test("a format that shows more than a text may hold shows nothing, and harms nothing")
    func wideFormat() throws {
        let wide = String(repeating: "%A", count: 120)
        let narrow = String(repeating: "%Y", count: 120)
        #expect(try expanded("$utimef(\(wide))").count == 120 * 7)
        #expect(try expanded("$utimef(\(narrow))") == String(repeating: "2023", count: 120))
        let widest = String(repeating: "%c", count: 128)
        #expect(try expanded("[$utimef(\(widest))]") == "[]")
    }

    @Test("all variables of one message show one time, $TS and $TF show the clock")
    func oneTime() throws {
        let rig = try ScriptRig(
            "note(\"$Ts $utimef(%s) $utime(sec)\"); if ($TS > 1750000000) note(\"clock\");"
                + "if ($TF =~ \"20[0-9][0-9]$\" and $Tf =~ \"Nov 1[45] .* 2023$\") note(\"text\");")
        let lines = try rig.run()
        #expect(lines[0].hasPrefix("1700000000 ") && lines[0].hasSuffix(" 20"))
        #expect(lines.dropFirst() == ["clock", "text"])
    }

    @Test("$Tb is the start of the server")
    func start() throws {
        let rig = try ScriptRig("note(\"$Tb\");")
        #expect(try rig.run() == ["\(rig.services.startedAt.seconds)"])
    }

    @Test("$TV(s) and $TV(u) keep the time of the first look, and the next message has its own")
    func precise() throws {
        let rig = try ScriptRig(
            "$var(a) = $TV(s); $var(b) = $TV(u); usleep(\"2000\");"
                + "if ($var(a) == $TV(s) and $var(b) == $TV(u)) note(\"kept\");"
                + "note(\"$TV(s).$TV(u)\"); $var(n) = $TV(sn); note(\"$TV(un)\");",
            further: [ModuleBlueprint(CfgUtilsStandIn.self)])
        let first = try rig.run()
        #expect(first.first == "kept")
        let second = try rig.run()
        #expect(first[1] != second[1])
        for text in [first[2], second[2]] {
            #expect((0..<1_000_000).contains(Int(text) ?? -1))
        }
    }

    @Test("$TV(Sn) has six digits behind its dot")
    func text() throws {
        let shown = try expanded("$TV(Sn)")
        let parts = shown.split(separator: ".")
        #expect(parts.count == 2 && parts[1].count == 6)
        #expect(abs((Int(parts[0]) ?? 0) - SystemClock.wall().seconds) < 10)
    }

    @Test("$mi counts the messages of a worker")
    func numbers() throws {
        let rig = try ScriptRig("note(\"$mi\");")
        #expect(try (0..<3).flatMap { _ in try rig.run() } == ["1", "2", "3"])
    }
}

/// `usleep` for scripts that must let time pass.
private final class CfgUtilsStandIn: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<CfgUtilsStandIn>(
        "pause", "Lets time pass.",
        functions: [
            FunctionRow("usleep", .integer("microseconds"), returns: "1", "Waits.") { (_, _, n) in
                _ = Glibc.usleep(UInt32(n))
                return 1
            }
        ])
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
