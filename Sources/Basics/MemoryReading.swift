internal import CLinux
internal import Glibc

/// What this process holds of the machine's memory, as the allocator and the kernel count it.
///
/// There is one heap for all threads. "Total" is what the process may come to: the limit of its
/// control group or of its address space where there is one, else the machine's memory.
public struct MemoryReading: Sendable, Hashable {
    /// Bytes that the process may take.
    public var total = 0
    /// Bytes that the program has asked for and not given back.
    public var used = 0
    /// Bytes that the allocator has of the system: those in use and those it keeps.
    public var heap = 0
    /// Bytes in memory now: heap, stacks, code (VmRSS).
    public var resident = 0
    /// The most that were ever in memory (VmHWM).
    public var residentMost = 0
    /// Free pieces of the heap.
    public var freePieces = 0
    /// Bytes at the end of the heap that could be given back.
    public var releasable = 0

    /// Bytes that may still be taken.
    public var free: Int { max(0, total - resident) }

    /// A reading of nothing.
    public init() {}

    /// Looks now: some microseconds for the kernel's files, some for each arena of the allocator.
    public static func now() -> MemoryReading {
        var figures = clinux_memory()
        unsafe clinux_read_memory(&figures)
        var reading = MemoryReading()
        reading.used = Int(clamping: figures.used)
        reading.heap = Int(clamping: figures.heap)
        reading.freePieces = Int(clamping: figures.free_pieces)
        reading.releasable = Int(clamping: figures.releasable)
        let status = text("/proc/self/status")
        reading.resident = kilobytes("VmRSS:", in: status) ?? reading.heap
        reading.residentMost = max(kilobytes("VmHWM:", in: status) ?? 0, reading.resident)
        reading.total = bound ?? kilobytes("MemTotal:", in: text("/proc/meminfo")) ?? 0
        return reading
    }

    /// The bound that the process was given, which does not change while it runs.
    private static let bound: Int? = {
        let group = Int(text("/sys/fs/cgroup/memory.max").filter(\.isNumber)).flatMap {
            $0 > 0 ? $0 : nil
        }
        var limit = rlimit()
        let hasLimit = unsafe getrlimit(__rlimit_resource_t(9), &limit) == 0
        let space = hasLimit && limit.rlim_cur < rlim_t(Int64.max) ? Int(limit.rlim_cur) : nil
        switch (group, space) {
        case (let group?, let space?): return min(group, space)
        default: return group ?? space
        }
    }()

    /// Bytes from a line such as `VmRSS:   296 kB`; nil without it.
    static func kilobytes(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let words = line.split { $0 == " " || $0 == "\t" }
            return words.dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
        }
        return nil
    }

    /// The first bytes of a file of the kernel's; empty when it cannot be read.
    private static func text(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress, $0.count)
        }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
