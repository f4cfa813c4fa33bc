internal import Basics
internal import Glibc
internal import JSONValue
internal import ModuleKit
internal import Synchronization

/// Commands about the program and its time.
extension Core {
    /// An object of strings, then of integers, all of them always there.
    private static func texts(_ names: [String], _ numbers: [String] = []) -> Schema {
        .object(
            names.map { .init($0, .string) } + numbers.map { .init($0, .integer) }, others: nil)
    }

    /// The rows of commands about the program and its time.
    static let information: [MethodRow<Core>] = [
        MethodRow(
            "core.version", result: .string, isBrief: true, "Shows name, version and platform",
            example: RPCExample([], .string(ProductVersion.banner))
        ) { (_, _) in .value(.string(ProductVersion.banner)) },
        MethodRow(
            "core.info", result: texts(["version", "id", "compiler", "compiled", "flags"]),
            isBrief: true,
            "Shows how the program was built",
            example: RPCExample(
                [],
                [
                    "version": "roost 0.2.0", "id": "", "compiler": "Swift 6.3", "compiled": "",
                    "flags": "RELEASE, USE_TCP",
                ])
        ) { (_, _) in
            .value([
                // "id" and "compiled" are empty: a build that can be repeated has no date of its
                // own.
                "version": .string("\(ProductVersion.name) \(ProductVersion.number)"), "id": "",
                "compiler": .string(ProductVersion.compiler), "compiled": "",
                "flags": .string(ProductVersion.flags),
            ])
        },
        MethodRow(
            // Kamailio lists options of its build here; tools only look whether TCP is among them.
            "core.flags", result: .string, isBrief: true, "Shows how the program was built",
            example: RPCExample([], "RELEASE, USE_TCP")
        ) { (_, _) in .value(.string(ProductVersion.flags)) },
        MethodRow(
            "core.uptime", result: texts(["now", "up_since"], ["uptime"]), isBrief: true,
            "Shows how long the server has run, in seconds",
            example: RPCExample(
                [],
                [
                    "now": "Sat Nov 21 05:38:04 2026", "up_since": "Sat Nov 21 05:37:23 2026",
                    "uptime": 41,
                ])
        ) { (core, _) in
            // Wall-clock time, because "now" and "up_since" are shown beside it and must fit.
            let now = SystemClock.wall()
            let since = core.services.startedAt
            let texts = calendarTexts(now: now, start: since)
            return .value([
                "now": .string(texts.now), "up_since": .string(texts.start),
                "uptime": .integer(Int64(now.seconds - since.seconds)),
            ])
        },
        runInformation,
    ]

    /// Like core.uptime and core.info in one, with names of its own.
    private static let runInformation = MethodRow<Core>(
        "core.runinfo",
        result: texts(
            [
                "name", "version", "sourceid", "compiler", "compiled", "time_now", "time_started",
                "utime_days",
            ], ["uptime_secs"]), isBrief: true,
        "Shows version and time of the server that runs",
        example: RPCExample(
            [],
            [
                "name": "roost", "version": "0.2.0", "sourceid": "", "compiler": "Swift 6.3",
                "compiled": "", "time_now": "Sat Nov 21 05:38:04 2026",
                "time_started": "Sat Nov 21 05:37:23 2026", "uptime_secs": 41,
                "utime_days": "0d 0h 0m 41s",
            ])
    ) { (core, _) in
        let now = SystemClock.wall()
        let up = now.seconds - core.services.startedAt.seconds
        return .value([
            "name": .string(ProductVersion.name), "version": .string(ProductVersion.number),
            "sourceid": "", "compiler": .string(ProductVersion.compiler), "compiled": "",
            "time_now": .string(calendarText(now)),
            "time_started": .string(calendarText(core.services.startedAt)),
            "uptime_secs": .integer(Int64(up)),
            "utime_days": .string(
                // The largest unit is the day: a server may run for years, and months differ.
                "\(up / 86_400)d \(up / 3_600 % 24)h \(up / 60 % 60)m \(up % 60)s"),
        ])
    }

    /// The text of one second: a dashboard asks for the same one thousands of times.
    private struct ShownSecond: Sendable {
        var seconds = 0
        var text = ""
    }

    /// The second shown last, and the one at which the server started.
    private static let shown = Guarded<(now: ShownSecond, start: ShownSecond)>(
        (ShownSecond(), ShownSecond()))

    /// Local time of now, and of the start, in the form of `calendarText`.
    private static func calendarTexts(
        now: WallTime, start: WallTime
    ) -> (now: String, start: String) {
        shown.withLock { shown in
            if shown.now.seconds != now.seconds {
                shown.now = ShownSecond(seconds: now.seconds, text: calendarText(now))
            }
            if shown.start.seconds != start.seconds {
                shown.start = ShownSecond(seconds: start.seconds, text: calendarText(start))
            }
            return (shown.now.text, shown.start.text)
        }
    }

    /// Local time in the form of ctime(3), without its line end: what remote controls show.
    static func calendarText(_ time: WallTime) -> String {
        // localtime_r and not localtime: commands run on several threads.
        var seconds = time_t(time.seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&seconds, &parts) != nil else { return "" }
        var text = [CChar](repeating: 0, count: 64)
        // 64 bytes are more than the 24 of this form; a year beyond 9999 still fits.
        let count = unsafe strftime(&text, text.count, "%a %b %e %H:%M:%S %Y", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
