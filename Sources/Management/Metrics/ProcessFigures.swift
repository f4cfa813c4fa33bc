internal import Basics
internal import Glibc
internal import ModuleKit

/// What the system says of this process, under the names that all programs use for it.
///
/// A figure that cannot be read is left out: a monitor shows a gap, where a zero would be a lie.
enum ProcessFigures {
    /// Adds them to a page.
    static func write(startedAt: WallTime, to page: inout MetricPage) {
        page.add(
            "process_cpu_seconds_total", .counter, "Processor time that the process has used.",
            text: MetricPage.text(processorSeconds))
        page.gauge(
            "process_start_time_seconds", "When the server started, since 1970.",
            startedAt.seconds)
        if let memory = memory() {
            page.gauge("process_resident_memory_bytes", "Memory in use.", memory.resident)
            page.gauge(
                "process_virtual_memory_bytes", "Memory that is addressed.", memory.virtual)
        }
        if let open = openDescriptors() {
            page.gauge("process_open_fds", "Descriptors that are open.", open)
        }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0 {
            page.gauge(
                "process_max_fds", "Descriptors that may be open.", Int(clamping: limit.rlim_cur))
        }
        if let threads = threads() {
            page.gauge("process_threads", "Threads of the process.", threads)
        }
    }

    private static var processorSeconds: Double {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(0), &usage) == 0 else { return 0 }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// The first two numbers of statm(5) are pages.
    private static func memory() -> (virtual: Int, resident: Int)? {
        let words = content("/proc/self/statm").split(separator: " ")
        guard words.count > 1, let virtual = Int(words[0]), let resident = Int(words[1]) else {
            return nil
        }
        let page = sysconf(Int32(_SC_PAGESIZE))
        return (virtual * page, resident * page)
    }

    /// Linux 6.2 and later tells how many there are as the size of the folder; before, they are
    /// counted by reading it.
    private static func openDescriptors() -> Int? {
        var status = stat()
        if unsafe stat("/proc/self/fd", &status) == 0, status.st_size > 0 {
            return Int(status.st_size)
        }
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        // Without the folder itself, its parent, and the descriptor that reads it.
        return max(0, count - 3)
    }

    private static func threads() -> Int? {
        let lines = content("/proc/self/status").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("Threads:") }) else { return nil }
        return Int(line.dropFirst("Threads:".count).drop { $0 == "\t" || $0 == " " })
    }

    /// A file of /proc, which never has more than some kilobytes; empty when it cannot be read.
    private static func content(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
