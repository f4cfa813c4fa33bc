internal import Basics
internal import Dialog
public import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax

/// Module `pua_dialoginfo`: publishes how far calls are (RFC 4235), for lamps on desk phones.
///
/// Each call is published for the caller and for the callee, each with a document of its own; the
/// presence server puts the documents of a user together. Who is published is decided when the
/// INVITE comes and kept with the call.
public final class PUADialoginfoModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = PUADialoginfoParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: PUADialoginfoParameters { PUADialoginfoParameters() }

    /// The settings.
    let parameters: PUADialoginfoParameters
    /// The server.
    let services: any Services
    /// Who publishes.
    let pua: PUAModule
    /// The attributes that name the presentities of caller and callee.
    let attributes: (caller: [UInt8]?, callee: [UInt8]?)

    /// Finds the modules that it stands on, and asks to be told of calls.
    public init(_ setup: ModuleSetup<PUADialoginfoParameters>) throws(StartFailure) {
        parameters = setup.parameters
        services = setup.services
        guard let pua = setup.services.module(PUAModule.self),
            let dialog = setup.services.module(DialogModule.self)
        else { throw StartFailure("pua_dialoginfo: load modules dialog and pua before it") }
        self.pua = pua
        attributes = (
            try Self.attribute("pubruri_caller_avp", setup.parameters.callerAttribute),
            try Self.attribute("pubruri_callee_avp", setup.parameters.calleeAttribute)
        )
        try Self.check(setup.parameters, attributes)
        dialog.add(Listener(self))
    }

    /// Refuses what cannot work: attributes that are not named, URIs that are none.
    private static func check(
        _ parameters: PUADialoginfoParameters,
        _ attributes: (caller: [UInt8]?, callee: [UInt8]?)
    ) throws(StartFailure) {
        if parameters.usesAttributes, attributes.caller == nil || attributes.callee == nil {
            throw StartFailure(
                "pua_dialoginfo: use_pubruri_avps needs pubruri_caller_avp and pubruri_callee_avp")
        }
        let hidden = [
            ("caller_entity_when_publish_disabled", parameters.hiddenCaller),
            ("callee_entity_when_publish_disabled", parameters.hiddenCallee),
        ]
        for (name, value) in hidden {
            guard let value else { continue }
            guard isURI(Array(value.utf8)) else {
                throw StartFailure("pua_dialoginfo: \(name) \"\(value)\" is no SIP URI")
            }
        }
        for variable in [
            parameters.callerVariable, parameters.calleeVariable, parameters.identityVariable,
        ] where variable?.isEmpty ?? false {
            throw StartFailure("pua_dialoginfo: the name of a $dlg_var is empty")
        }
    }

    /// Whether bytes are a SIP URI.
    static func isURI(_ bytes: [UInt8]) -> Bool {
        guard let uri = try? SIPURI(parsing: bytes.span) else { return false }
        return uri.isSIP
    }

    private static func attribute(
        _ parameter: String, _ text: String?
    ) throws(StartFailure) -> [UInt8]? {
        guard let text else { return nil }
        guard text.hasPrefix("$avp("), text.hasSuffix(")"), text.utf8.count > 6 else {
            throw StartFailure("pua_dialoginfo: \(parameter) is \"\(text)\", not \"$avp(name)\"")
        }
        var name = text.dropFirst(5).dropLast()
        // `$avp(s:name)` and `$avp(i:1)` are the older spellings.
        if name.hasPrefix("s:") || name.hasPrefix("i:") { name = name.dropFirst(2) }
        return Array(name.utf8)
    }
}

/// What module `dialog` knows this module by, so that calls are no part of its interface.
final class Listener: DialogListener {
    private let module: PUADialoginfoModule

    /// Listens for a module.
    init(_ module: PUADialoginfoModule) { self.module = module }

    /// Something has happened to a call.
    func dialogChanged(
        _ dialog: TrackedDialog, _ change: DialogChange, _ record: DialogRecord,
        in context: ScriptContext
    ) {
        module.dialogChanged(dialog, change, record, in: context)
    }
}
