import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

/// What a binding must have for `registered` to count it.
struct RegisteredMatch: OptionSet, Sendable {
    /// The bits of `match_option`.
    let rawValue: Int
    /// The Call-ID that `$xavp(CFG=>match_callid)` gives.
    static let callID = RegisteredMatch(rawValue: 1)
    /// The received address that `$xavp(CFG=>match_received)` gives.
    static let received = RegisteredMatch(rawValue: 2)
    /// The contact that `$xavp(CFG=>match_contact)` gives.
    static let contact = RegisteredMatch(rawValue: 4)
}

/// What `registered` does with the binding that it found.
struct RegisteredAction: OptionSet, Sendable {
    /// The bits of `match_action`.
    let rawValue: Int
    /// The contact's own attributes come back.
    static let restoresAttributes = RegisteredAction(rawValue: 1)
    /// The script is not told which binding it was.
    static let recordsNothing = RegisteredAction(rawValue: 2)
}

/// Questions about bindings that leave the request as it is, and their removal.
extension RegistrarModule {
    /// Whether an AoR has a binding that matches; false as well when the database cannot say,
    /// because a script that takes a user for unregistered does less harm than one that stops.
    ///
    /// Without a URI it is that of the request, or To of a reply.
    func isRegistered(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText?,
        match: RegisteredMatch = [], action: RegisteredAction = []
    ) -> Bool {
        guard let target = uri ?? defaultTarget(context), context.length(of: target) > 0 else {
            return false
        }
        return context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }.lookup
            let rules = LookupRules(
                context, parameters, contactRoot: usrloc.parameters.attributesRootBytes)
            guard collect(context, table, target, parameters, rules.usesExpired, work) else {
                return false
            }
            let wanted = wanted(context, parameters.overrideRootBytes, match)
            for entry in work.found.entries where wanted.matches(entry, work.found) {
                if !action.contains(.recordsNothing) {
                    record(entry, work.found, rules, context)
                }
                if action.contains(.restoresAttributes) {
                    restore(entry, work.found, rules, context)
                }
                return true
            }
            return false
        }
    }

    /// Ends the bindings of an AoR, or the one of a unique name.
    ///
    /// Returns 1, -1 when the URI cannot be read, -2 when the database does not answer, -3 when no
    /// binding has the name. An AoR without bindings is a success: nobody is bound afterwards.
    func unregister(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText, ruid: ScriptText?
    ) -> Int {
        let name = ruid.map { context.bytes(of: $0) } ?? []
        let work = context.workspace(settings) { RegistrarWorkspace() }.lookup
        let hasAddress = context.with(settings) { parameters in
            context.length(of: uri) > 0 && writeAddress(context, uri, parameters, &work.aor)
        }
        guard hasAddress || (context.length(of: uri) == 0 && !name.isEmpty) else { return -1 }
        do throws(LocationsUnavailable) {
            // A unique name says whose it is, where bindings have one that can be asked for.
            if !hasAddress {
                work.aor.removeAll()
                var aor: [UInt8] = []
                try usrloc.lookUp(
                    in: table, ruid: name.span, now: context.now, includingExpired: true
                ) { aor = Array(copying: $0.aor) }
                work.aor.append(aor)
            }
            let count = try remove(table, work.aor, name, context)
            return count > 0 || name.isEmpty ? 1 : -3
        } catch {
            return -2
        }
    }

    /// Puts what is bound to an AoR into structured attributes: `aor` and `count` under `root`,
    /// `uri`, `socket` and `dsturi` of each contact under `contactRoot`, the best at place 0.
    func exportBindings(
        _ context: ScriptContext, _ table: LocationTable, uri: ScriptText, root: [UInt8],
        contactRoot: [UInt8]
    ) -> Int {
        context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }.lookup
            let isExpiredUsable = parameters.usesExpiredContacts
            guard collect(context, table, uri, parameters, isExpiredUsable, work),
                !work.found.entries.isEmpty
            else { return -1 }
            let aor = ScriptValue.text(.owned(work.found.owned(work.found.aor)))
            let count = work.found.entries.count
            _ = context.structured.push(
                root,
                [
                    Self.attribute("aor", aor),
                    Self.attribute("count", .integer(count)),
                ])
            for entry in work.found.entries.reversed() {
                let attributes = export(entry, work.found, context.services)
                guard context.structured.push(contactRoot, attributes) else { break }
            }
            return 1
        }
    }

    // MARK: Steps

    /// Ends the bindings of an AoR that have a unique name, or all of them without one.
    private func remove(
        _ table: LocationTable, _ aor: borrowing ByteWriter, _ name: [UInt8],
        _ context: ScriptContext
    ) throws(LocationsUnavailable) -> Int {
        var buffer = ByteWriter(capacity: 64)
        return try usrloc.remove(
            in: table, aor.span, now: context.now, marks: context.bindingMarks
        ) { binding in
            if name.isEmpty { return true }
            buffer.removeAll()
            binding.writeRuid(into: &buffer)
            return buffer.span.equals(name.span)
        }
    }

    /// The attributes of one contact.
    private func export(
        _ entry: FoundBindings.Entry, _ found: borrowing FoundBindings, _ services: any Services
    ) -> [AttributeValue] {
        var attributes = [
            Self.attribute("uri", .text(.owned(found.owned(entry.uri))))
        ]
        let sockets = services.sockets
        if !entry.values.socket.isNone, Int(entry.values.socket.value) < sockets.count {
            let name = sockets[Int(entry.values.socket.value)].name
            attributes.append(Self.attribute("socket", .string(name)))
        }
        if !entry.received.isEmpty {
            let received = ScriptValue.text(.owned(found.owned(entry.received)))
            attributes.append(Self.attribute("dsturi", received))
        }
        return attributes
    }

    private static func attribute(_ name: StaticString, _ value: ScriptValue) -> AttributeValue {
        AttributeValue(name: name.bytes, value: value)
    }

    /// Copies the bindings of a URI into the workspace; false when the URI cannot be read or the
    /// database does not answer.
    func collect(
        _ context: ScriptContext, _ table: LocationTable, _ target: ScriptText,
        _ parameters: borrowing RegistrarParameters, _ includingExpired: Bool,
        _ work: LookupWorkspace
    ) -> Bool {
        work.found.removeAll()
        guard writeAddress(context, target, parameters, &work.aor) else { return false }
        do throws(LocationsUnavailable) {
            var found = FoundBindings()
            swap(&found, &work.found)
            defer { swap(&found, &work.found) }
            try usrloc.lookUp(
                in: table, work.aor.span, now: context.now, includingExpired: includingExpired
            ) { found.append($0) }
            return true
        } catch {
            return false
        }
    }

    /// Writes the AoR of a URI; false when it cannot be read.
    private func writeAddress(
        _ context: ScriptContext, _ text: ScriptText, _ parameters: borrowing RegistrarParameters,
        _ aor: inout ByteWriter
    ) -> Bool {
        do throws(RegistrarFailure) {
            try context.withBytes(of: text) { (bytes) throws(RegistrarFailure) in
                let whole = ByteRange(offset: 0, count: bytes.count)
                try Self.write(bytes, whole, addressRules(parameters), &aor)
            }
            return true
        } catch {
            return false
        }
    }

    /// The URI that is meant when a script gives none.
    private func defaultTarget(_ context: ScriptContext) -> ScriptText? {
        if context.message.kind == .request { return context.requestURI }
        return context.addressURI(.to).map { .message($0) }
    }

    /// What the script wants bindings to have; what it has not said does not matter.
    private func wanted(
        _ context: ScriptContext, _ root: [UInt8], _ match: RegisteredMatch
    ) -> WantedBinding {
        func value(_ bit: RegisteredMatch, _ name: StaticString) -> [UInt8]? {
            guard match.contains(bit), !root.isEmpty,
                let value = context.structured.value(root, name.bytes),
                let text = context.text(value)
            else { return nil }
            return context.bytes(of: text)
        }
        return WantedBinding(
            callID: value(.callID, "match_callid"), received: value(.received, "match_received"),
            contact: value(.contact, "match_contact"))
    }
}

/// What a script wants a binding to have, byte for byte.
private struct WantedBinding {
    var callID: [UInt8]?
    var received: [UInt8]?
    var contact: [UInt8]?

    /// Whether a binding has it all.
    func matches(_ entry: FoundBindings.Entry, _ found: borrowing FoundBindings) -> Bool {
        if let callID, !found.bytes(entry.callID).equals(callID.span) { return false }
        if let received, !found.bytes(entry.received).equals(received.span) { return false }
        if let contact, !found.bytes(entry.uri).equals(contact.span) { return false }
        return true
    }
}
