internal import Glibc

/// Where programs are that tests run.
public enum ToolPath {
    /// The file of an installed program, nil when it is not installed.
    public static func installed(_ name: String) -> String? {
        ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"].map { "\($0)/\(name)" }
            .first { unsafe access($0, X_OK) == 0 }
    }

    /// The file of a program of this package, which is built beside the tests.
    ///
    /// `ROOST_BINARY` names the server of another build.
    public static func built(_ name: String) throws -> String {
        if name == "roost", let chosen = unsafe getenv("ROOST_BINARY") {
            return unsafe String(cString: chosen)
        }
        for folder in folders {
            let path = "\(folder)/\(name)"
            if unsafe access(path, X_OK) == 0 { return path }
        }
        throw StartedProgram.Failure(
            description: "there is no \(name) beside the tests: \(folders.joined(separator: ", "))")
    }

    /// The folder of the package, which holds `Config` and `rpc-schema`.
    public static let package: String = parent(of: parent(of: parent(of: "\(#filePath)")))

    /// The folder of the test program, which is the folder of the build, first.
    private static let folders: [String] = {
        var found: [String] = []
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            found.append(parent(of: argument))
        }
        // The program that runs is swift-testing's helper of this package, or the bundle itself.
        var bytes = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count - 1)
        if count > 0 {
            let path = bytes.prefix(count).map { UInt8(bitPattern: $0) }
            found.append(parent(of: String(decoding: path, as: UTF8.self)))
        }
        return found + ["\(package)/.build/debug"]
    }()

    /// The folder that a path is in; the current one for a bare name.
    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
