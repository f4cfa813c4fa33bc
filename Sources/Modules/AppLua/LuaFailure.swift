internal import Basics
internal import RouteScript

/// Why a script does not run, in words for the operator: Lua's own, which name file and line.
struct LuaFailure: Error, Sendable, Hashable {
    /// The sentence, in one line.
    let message: String

    /// A failure; line ends become bars.
    init(_ message: String) { self.message = Self.oneLine(message) }

    /// A text in one line: a traceback has one for each function, and a log has one for each entry.
    static func oneLine(_ text: String) -> String {
        text.split(separator: "\n").map { $0.trimmingPrefix { $0 == "\t" } }
            .joined(separator: " | ")
    }
}

/// How a run of a function ended.
enum LuaOutcome: Equatable {
    /// It returned, a whole number or nothing that is one.
    case done(Int?)
    /// `KSR.x.exit()` or `KSR.x.drop()` ended it.
    case stopped
    /// There is no such function.
    case missing
    /// It failed; the words hold a traceback.
    case failed(String)
}

/// A file of Lua as it was read.
struct LuaScript: Sendable {
    /// The path as the configuration names it.
    let path: String
    /// Its text.
    let bytes: [UInt8]

    /// Reads a file; errors name it.
    init(path: String) throws(LuaFailure) {
        self.path = path
        do throws(FileFailure) { bytes = try DiskFiles().read(path) } catch {
            throw LuaFailure("cannot read \(path): \(error.message)")
        }
    }
}
