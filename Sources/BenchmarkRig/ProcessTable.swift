internal import Glibc

/// Reads from /proc what processes cost.
///
/// Kamailio is a family of processes, Roost one process of several threads; both are summed up as a
/// whole, so that work which a server does beside the road of a message counts as well.
public struct ProcessTable: Sendable {
    /// One process as `/proc/PID/stat` shows it.
    public struct Entry: Sendable, Equatable {
        /// Process number.
        public var pid: Int32
        /// Number of the process that started it.
        public var parent: Int32
        /// CPU time in clock ticks, in user and kernel mode together.
        public var ticks: UInt64
    }

    /// One thread and its CPU time.
    public struct ThreadCost: Sendable, Equatable {
        /// Thread number.
        public var tid: Int32
        /// Name as `top -H` shows it.
        public var name: String
        /// CPU time in nanoseconds.
        public var nanoseconds: UInt64
    }

    /// Where the files are; another place in tests.
    public let root: String

    /// The table of this machine, or of a copy under `root`.
    public init(root: String = "/proc") { self.root = root }

    /// Reads the text of a `stat` file; nil when it is none.
    ///
    /// The name of the program stands in parentheses and may itself hold spaces and parentheses,
    /// so the fields are counted from the last closing one (proc(5)).
    public static func parse(stat text: String) -> Entry? {
        guard let close = text.lastIndex(of: ")"), let open = text.firstIndex(of: "("),
            let pid = Int32(text[..<open].filter { $0 != " " })
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let parent = Int32(fields[1]), let user = UInt64(fields[11]),
            let system = UInt64(fields[12])
        else { return nil }
        return Entry(pid: pid, parent: parent, ticks: user + system)
    }

    /// Nanoseconds on a processor from the text of a `schedstat` file.
    ///
    /// Its first field, as the kernel's Documentation/scheduler/sched-stats says; nil when it is no
    /// number.
    public static func parse(schedstat text: String) -> UInt64? {
        text.split(whereSeparator: { $0 == " " || $0 == "\n" }).first.flatMap { UInt64($0) }
    }

    /// Kilobytes of a line such as `Pss:   296 kB` from the text of `smaps_rollup`.
    public static func parse(smaps text: String, _ name: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }
        return nil
    }

    /// The process and all that descend from it.
    ///
    /// The table is not sorted by descent, so it is gone through until nothing new is found.
    public func family(of pid: Int32) -> [Int32] {
        let entries = numbers(in: root).compactMap { number in
            TextFile.read("\(root)/\(number)/stat").flatMap { Self.parse(stat: $0) }
        }
        var found: Set<Int32> = [pid]
        var isGrowing = true
        while isGrowing {
            let next = entries.filter { found.contains($0.parent) || found.contains($0.pid) }
            isGrowing = next.contains { !found.contains($0.pid) }
            found.formUnion(next.map(\.pid))
        }
        return found.sorted()
    }

    /// The threads of one process; what the scheduler counted, to the nanosecond.
    public func threads(of pid: Int32) -> [ThreadCost] {
        numbers(in: "\(root)/\(pid)/task").compactMap { tid in
            let place = "\(root)/\(pid)/task/\(tid)"
            guard let text = TextFile.read("\(place)/schedstat"),
                let nanoseconds = Self.parse(schedstat: text)
            else { return nil }
            let name = (TextFile.read("\(place)/comm") ?? "").filter { $0 != "\n" }
            return ThreadCost(tid: tid, name: name, nanoseconds: nanoseconds)
        }
    }

    /// CPU time of a process and its descendants in nanoseconds.
    ///
    /// The scheduler's own count where the kernel offers it, else the clock ticks of `stat`.
    public func cpuNanoseconds(of pid: Int32) -> UInt64 {
        family(of: pid).reduce(0) { sum, member in
            let threads = threads(of: member)
            if !threads.isEmpty { return sum + threads.reduce(0) { $0 + $1.nanoseconds } }
            let entry = TextFile.read("\(root)/\(member)/stat").flatMap { Self.parse(stat: $0) }
            let nanosecondsPerTick = UInt64(1_000_000_000 / sysconf(Int32(_SC_CLK_TCK)))
            return sum + (entry?.ticks ?? 0) * nanosecondsPerTick
        }
    }

    /// Resident bytes of a process and its descendants; pages that they share count once.
    public func residentBytes(of pid: Int32) -> Int {
        family(of: pid).reduce(0) { sum, member in
            let text = TextFile.read("\(root)/\(member)/smaps_rollup") ?? ""
            return sum + (Self.parse(smaps: text, "Pss") ?? 0) * 1_024
        }
    }

    /// The names in a directory that are numbers.
    private func numbers(in directory: String) -> [Int32] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var found: [Int32] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if let number = Int32(name) { found.append(number) }
        }
        return found.sorted()
    }
}
