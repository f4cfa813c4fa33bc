internal import Glibc
internal import ModuleKit

/// Gives up the rights that only binding a port needs.
enum Identity {
    /// Becomes a user and a group by name or number; empty names change nothing.
    static func assume(user: String, group: String) throws(StartFailure) {
        if !group.isEmpty {
            guard let id = UInt32(group) ?? groupID(group) else {
                throw StartFailure("there is no group \(group)")
            }
            guard setgroups(0, nil) == 0 || getuid() != 0, setgid(id) == 0 else {
                throw StartFailure("cannot become group \(group): \(reason)")
            }
        }
        guard !user.isEmpty else { return }
        guard let id = UInt32(user) ?? userID(user) else {
            throw StartFailure("there is no user \(user)")
        }
        guard setuid(id) == 0 else {
            throw StartFailure("cannot become user \(user): \(reason)")
        }
    }

    private static func userID(_ name: String) -> UInt32? {
        guard let entry = unsafe getpwnam(name) else { return nil }
        return unsafe entry.pointee.pw_uid
    }

    private static func groupID(_ name: String) -> UInt32? {
        guard let entry = unsafe getgrnam(name) else { return nil }
        return unsafe entry.pointee.gr_gid
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }
}

/// How many processors there are to work with.
enum Processors {
    /// The number, at least 1.
    static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
