internal import Glibc
internal import ModuleKit

/// Gives up the rights that only binding a port needs.
///
/// The group comes first: whoever has given up being root may not change it any more. Supplementary
/// groups go with it, or the rights of root's groups would stay.
enum Identity {
    /// Becomes a user and a group by name or number; empty names change nothing.
    ///
    /// A number needs no entry in the user database, which a container may lack.
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

    /// The number of a user, nil when there is none of that name.
    private static func userID(_ name: String) -> UInt32? {
        guard let entry = unsafe getpwnam(name) else { return nil }
        return unsafe entry.pointee.pw_uid
    }

    /// The number of a group, nil when there is none of that name.
    private static func groupID(_ name: String) -> UInt32? {
        guard let entry = unsafe getgrnam(name) else { return nil }
        return unsafe entry.pointee.gr_gid
    }

    /// Why the last call failed, in the words of the system.
    private static var reason: String { unsafe String(cString: strerror(errno)) }
}

/// How many processors there are to work with.
enum Processors {
    /// The number, at least 1.
    ///
    /// Those that are switched on now; a limit by cgroups is not seen, so containers should set
    /// `children`.
    static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
