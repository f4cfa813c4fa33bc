import Basics
import Locations
import ModuleKit
import SIPSyntax

/// What makes a binding usable for the request at hand: settings, and what the script asks for.
struct LookupRules {
    /// Whether further bindings become branches.
    let appendsBranches: Bool
    /// Whether expired bindings count.
    let usesExpired: Bool
    /// Whether a `gr` in the URI means anything.
    let knowsGRUU: Bool
    /// Whether a first Path hop that is this server is left out.
    let skipsLocalPath: Bool
    /// Name of the `$xavp` that gets details of what was found; empty for none.
    let record: [UInt8]
    /// Bits of the details that it does not get.
    let recordMask: Int
    /// Name of the `$xavp` that a contact's own attributes come back to; empty for none.
    let contactRoot: [UInt8]
    /// The bit of the request's method, nil when methods do not matter.
    private let method: UInt32?
    /// Branch flags of which a binding needs one, nil when they do not matter.
    private let branchFlags: UInt32?
    /// Whether a stream's connection must be open.
    private let needsConnection: Bool
    private let services: any Services

    /// The rules of a message.
    ///
    /// Methods matter to a request that begins a dialog; within one the phone has agreed to what
    /// comes (RFC 3261 12.2).
    init(
        _ context: ScriptContext, _ parameters: borrowing RegistrarParameters,
        contactRoot: [UInt8]
    ) {
        appendsBranches = parameters.appendsBranches
        usesExpired = parameters.usesExpiredContacts
        knowsGRUU = parameters.isGRUUEnabled
        skipsLocalPath = parameters.checksPathLocally
        record = parameters.recordRootBytes
        recordMask = parameters.recordMask
        self.contactRoot = contactRoot
        services = context.services
        let filter = LookupFilter(rawValue: parameters.lookupFilterMode)
        needsConnection = filter.contains(.connection)
        if parameters.filtersMethods, context.message.kind == .request, !Self.hasToTag(context) {
            method = MethodSet(context.message.method).rawValue
        } else {
            method = nil
        }
        branchFlags =
            filter.contains(.branchFlags)
            ? Self.number(context, parameters.overrideRootBytes, "rlf_bflags") : nil
    }

    /// Whether a binding passes the filters; the method is another question.
    func admits(_ values: ContactValues) -> Bool {
        if let branchFlags, values.cflags & branchFlags == 0 { return false }
        guard needsConnection, isStream(values) else { return true }
        return services.network.isOpen(connection: values.connection)
    }

    /// Whether a contact takes requests of this method.
    func takesMethod(_ values: ContactValues) -> Bool {
        method.map { values.methods & $0 != 0 } ?? true
    }

    /// Whether a binding was registered over a stream.
    private func isStream(_ values: ContactValues) -> Bool {
        let sockets = services.sockets
        let place = Int(values.socket.value)
        guard !values.socket.isNone, place < sockets.count else { return values.connection > 0 }
        return sockets[place].transport.isStream
    }

    private static func hasToTag(_ context: ScriptContext) -> Bool {
        guard let to = try? context.message.to else { return false }
        return !(to.tag?.isEmpty ?? true)
    }

    /// What the script asks for with an attribute of the `$xavp` that `xavp_cfg` names.
    static func number(
        _ context: ScriptContext, _ root: [UInt8], _ name: StaticString
    ) -> UInt32? {
        guard !root.isEmpty, !context.structured.roots.isEmpty,
            let value = context.structured.value(root, Array(name.bytes)),
            let number = context.integer(value)
        else { return nil }
        return UInt32(truncatingIfNeeded: number)
    }
}
