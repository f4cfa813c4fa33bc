internal import Basics

/// What the columns of a location table are called (usrloc's `user_column` and its like).
///
/// `id` and `last_modified` have no parameter and always go by these names.
public struct LocationColumnNames: Sendable, Hashable {
    /// Holds the unique name.
    public var ruid = "ruid"
    /// Holds the user part of the AoR, or all of it without use_domain.
    public var user = "username"
    /// Holds the domain of the AoR.
    public var domain = "domain"
    /// Holds the contact URI.
    public var contact = "contact"
    /// Holds the address a contact was seen at.
    public var received = "received"
    /// Holds the Path vector.
    public var path = "path"
    /// Holds the time of expiry.
    public var expires = "expires"
    /// Holds the priority.
    public var q = "q"
    /// Holds the Call-ID.
    public var callID = "callid"
    /// Holds the CSeq number.
    public var cseq = "cseq"
    /// Holds the flags of the contact.
    public var flags = "flags"
    /// Holds its branch flags.
    public var cflags = "cflags"
    /// Holds the User-Agent.
    public var userAgent = "user_agent"
    /// Holds the socket that received the registration.
    public var socket = "socket"
    /// Holds the methods a contact allows.
    public var methods = "methods"
    /// Holds the value of +sip.instance.
    public var instance = "instance"
    /// Holds the reg-id.
    public var regID = "reg_id"
    /// Holds the server that took the registration.
    public var serverID = "server_id"
    /// Holds the number of the connection.
    public var connectionID = "connection_id"
    /// Holds whether a contact is to be kept alive.
    public var keepalive = "keepalive"
    /// Holds the share of the table that a pinging process takes.
    public var partition = "partition"

    /// The names of Kamailio's own scripts.
    public init() {}

    /// All of them, with the two that are fixed; two equal ones would make no table.
    public var all: [String] {
        [
            "id", "last_modified", ruid, user, domain, contact, received, path, expires, q, callID,
            cseq, flags, cflags, userAgent, socket, methods, instance, regID, serverID,
            connectionID, keepalive, partition,
        ]
    }

    /// Calls a column otherwise, by the name it usually has; false when there is no such column, or
    /// the new name is none.
    public mutating func rename(_ column: String, to name: String) -> Bool {
        let usual = LocationColumnNames()
        let paths: [WritableKeyPath<LocationColumnNames, String>] = [
            \.ruid, \.user, \.domain, \.contact, \.received, \.path, \.expires, \.q, \.callID,
            \.cseq, \.flags, \.cflags, \.userAgent, \.socket, \.methods, \.instance, \.regID,
            \.serverID, \.connectionID, \.keepalive, \.partition,
        ]
        guard Self.isName(name), let path = paths.first(where: { usual[keyPath: $0] == column })
        else { return false }
        self[keyPath: path] = name
        return true
    }

    /// Whether a text can be the name of a column: letters, digits and `_`, 1 to 64 of them.
    ///
    /// Names cannot be bound values, so nothing else may come near a statement.
    public static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= Limits.columnNameBytesMax
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
