internal import Glibc
internal import ModuleKit

/// Who may reach a socket or named pipe in the file system: mode, owner and group.
public struct FileAccess: Sendable, Hashable {
    /// Permission bits.
    public var mode: Int
    /// The user that the file is given to, by name or number; empty leaves it.
    public var user: String
    /// The group that the file is given to, by name or number; empty leaves it.
    public var group: String

    /// Permissions with or without an owner.
    public init(mode: Int, user: String = "", group: String = "") {
        self.mode = mode
        self.user = user
        self.group = group
    }

    /// Sets owner, group and mode of the file at a path, in that order: a file that is about to
    /// change hands is never wide open.
    ///
    /// The path must be one that this process has just made.
    func apply(to path: String, _ module: String) throws(StartFailure) {
        let ids = try resolve(module)
        if ids.user != UInt32.max || ids.group != UInt32.max {
            guard unsafe lchown(path, ids.user, ids.group) == 0 else {
                throw StartFailure(
                    "\(module): cannot give \(path) to \(user):\(group): \(SystemCause.last)")
            }
        }
        guard unsafe chmod(path, mode_t(mode)) == 0 else {
            throw StartFailure("\(module): cannot set the mode of \(path): \(SystemCause.last)")
        }
    }

    /// The numbers of user and group; all ones, which the system reads as "leave it", without a
    /// name.
    func resolve(_ module: String) throws(StartFailure) -> (user: UInt32, group: UInt32) {
        (
            try Self.number(user, "user", module) { name in
                guard let entry = unsafe getpwnam(name) else { return nil }
                return unsafe entry.pointee.pw_uid
            },
            try Self.number(group, "group", module) { name in
                guard let entry = unsafe getgrnam(name) else { return nil }
                return unsafe entry.pointee.gr_gid
            }
        )
    }

    private static func number(
        _ text: String, _ kind: String, _ module: String, _ look: (String) -> UInt32?
    ) throws(StartFailure) -> UInt32 {
        if text.isEmpty { return .max }
        guard let number = UInt32(text) ?? look(text) else {
            throw StartFailure("\(module): there is no \(kind) \"\(text)\"")
        }
        return number
    }
}

/// Why the last call of the system failed.
enum SystemCause {
    /// In the system's words.
    static var last: String { unsafe String(cString: strerror(errno)) }
}
