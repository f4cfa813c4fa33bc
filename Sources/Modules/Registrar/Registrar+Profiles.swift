import Basics
import Locations
import ModuleKit
import SIPSyntax
import Synchronization
import Usrloc

/// `reg_fetch_contacts` and what scripts read of it: `$ulc(profile=>attribute)`.
///
/// A profile belongs to a worker, as a script's `$var` does: it holds what was fetched last, until
/// it is fetched again or freed.
extension RegistrarModule {
    /// The profile that the event route of expired contacts reads.
    static let expiredProfile = "exp"

    /// The number of a profile, the same for all uses of its name; asked for while a script is
    /// compiled, never for messages.
    func profileNumber(_ name: String) -> Int {
        profileNames.withLock { names in
            if let number = names.firstIndex(of: name) { return number }
            names.append(name)
            return names.count - 1
        }
    }

    /// The contacts of a profile as this worker has them.
    func profile(_ number: Int, of context: ScriptContext) -> FetchedContacts {
        context.workspace(settings) { RegistrarWorkspace() }.lookup.profile(number)
    }

    /// Copies all bindings of an AoR, expired ones as well, for `$ulc`; 1, or -1 when there are
    /// none.
    func fetchContacts(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText, profile number: Int
    ) -> Int {
        let profile = profile(number, of: context)
        profile.removeAll()
        let work = context.workspace(settings) { RegistrarWorkspace() }.lookup
        let isFound = context.with(settings) { parameters in
            collect(context, table, uri, parameters, true, work)
        }
        guard isFound, !work.found.entries.isEmpty else { return -1 }
        swap(&profile.found, &work.found)
        profile.table = table.name
        profile.hash = profile.found.withBytes(of: profile.found.aor) { table.hashValue(of: $0) }
        return 1
    }

    /// Reads `$ulc(profile=>attribute)`.
    static func contactReference(
        _ reference: VariableReference
    ) throws(ArgumentError) -> (profile: String, attribute: ContactField) {
        guard reference.dynamicInner == nil, let inner = reference.inner else {
            throw ArgumentError("$ulc names a profile and an attribute: $ulc(profile=>addr)")
        }
        let parts = inner.split(separator: "=>", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw ArgumentError("expected profile=>attribute, found \"\(inner)\"")
        }
        guard let field = ContactField(rawValue: String(parts[1])) else {
            let known = ContactField.allCases.map(\.rawValue).joined(separator: ", ")
            throw ArgumentError("$ulc has no attribute \"\(parts[1])\"; it has \(known)")
        }
        return (String(parts[0]), field)
    }

    /// Compiles `$ulc(profile=>attribute)`; the index names the contact, the first without one.
    func contactAccess(_ reference: VariableReference) throws(ArgumentError) -> VariableAccess {
        let (name, field) = try Self.contactReference(reference)
        let number = profileNumber(name)
        let index = reference.index
        return VariableAccess { context in
            let profile = self.profile(number, of: context)
            guard profile.isFilled else { return .null }
            let count = profile.found.entries.count
            let asked = index.map { $0.number(context) ?? 0 } ?? 0
            let place = asked < 0 ? count + asked : asked
            guard place >= 0, place < count else { return .null }
            return field.read(profile, place, context)
        }
    }
}

/// An attribute of `$ulc`.
enum ContactField: String, Sendable, CaseIterable {
    /// The address-of-record.
    case aor
    /// Name of the table.
    case domain
    /// The hash of the AoR.
    case aorhash
    /// The contact's URI.
    case addr
    /// The Path vector, empty without one.
    case path
    /// The address that the registration came from, empty where it is not recorded.
    case received
    /// When it expires, in seconds since 1970; 0 for a permanent binding.
    case expires
    /// Call-ID of the last registration.
    case callid
    /// Priority in thousandths, -1 when unset.
    case q
    /// CSeq of the last registration.
    case cseq
    /// 1 for a binding that is kept in memory only.
    case flags
    /// The branch flags.
    case cflags
    /// User-Agent of the last registration.
    case userAgent = "user_agent"
    /// The socket that received the registration.
    case socket
    /// When a registration changed it last, in seconds since 1970.
    case modified
    /// Bits of the methods it allows.
    case methods
    /// How many contacts there are.
    case count
    /// The unique name.
    case ruid
    /// The reg-id, 0 without one.
    case regid
    /// The same under the name of its column.
    case regID = "reg_id"
    /// The instance, null without one.
    case instance
    /// Number of the connection, null for datagrams.
    case conid
    /// The server that took the registration.
    case serverID = "server_id"

    /// The value for the contact at a place.
    func read(_ profile: FetchedContacts, _ place: Int, _ context: ScriptContext) -> ScriptValue {
        let entry = profile.found.entries[place]
        let values = entry.values
        switch self {
        case .aor: return copy(profile, profile.found.aor, context)
        case .domain: return .string(profile.table)
        case .aorhash: return .integer(Int(UInt32(truncatingIfNeeded: profile.hash)))
        case .addr: return copy(profile, entry.uri, context)
        case .path: return copy(profile, entry.path, context)
        case .received: return copy(profile, entry.received, context)
        case .expires: return .integer(Int(values.expiresSeconds))
        case .callid: return copy(profile, entry.callID, context)
        case .q: return .integer(values.q ?? -1)
        case .cseq: return .integer(Int(values.cseq))
        case .flags: return .integer(Int(values.flags))
        case .cflags: return .integer(Int(values.cflags))
        case .userAgent: return copy(profile, entry.userAgent, context)
        case .socket: return socket(values.socket, context)
        case .modified: return .integer(values.lastModified.seconds)
        case .methods: return .integer(Int(values.methods))
        case .count: return .integer(profile.found.entries.count)
        case .ruid: return copy(profile, entry.ruid, context)
        case .regid, .regID: return .integer(Int(values.regID))
        case .instance:
            return entry.instance.isEmpty ? .null : copy(profile, entry.instance, context)
        case .conid: return values.connection < 0 ? .null : .integer(Int(values.connection))
        case .serverID: return .integer(Int(values.serverID))
        }
    }

    /// A text lives in the profile, which a later call may fill anew; so the script gets a copy.
    private func copy(
        _ profile: FetchedContacts, _ range: ByteRange, _ context: ScriptContext
    ) -> ScriptValue {
        guard context.mayBuild(Int(range.count)) else { return .null }
        return profile.found.withBytes(of: range) { bytes in
            .text(context.compose { $0.append(bytes) })
        }
    }

    private func socket(_ index: SocketIndex, _ context: ScriptContext) -> ScriptValue {
        let sockets = context.services.sockets
        guard !index.isNone, Int(index.value) < sockets.count else { return .null }
        return .string(sockets[Int(index.value)].name)
    }
}
