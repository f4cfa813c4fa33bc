public import ModuleKit

extension PUADialoginfoModule {
    /// What the module declares.
    public static let manifest = Manifest<PUADialoginfoModule>(
        "pua_dialoginfo", "Publishes the state of calls: event package dialog (RFC 4235).",
        requires: ["dialog", "pua"], parameters: contents + sides + presentities)

    private typealias Row = ParameterRow<PUADialoginfoParameters>

    private static var contents: [ParameterRow<PUADialoginfoParameters>] {
        [
            Row("use_uuid", \.usesUUID, "Whether ids of calls are UUIDs (RFC 9562)."),
            Row("include_callid", \.includesCallID, "Whether documents name the Call-ID."),
            Row("include_tags", \.includesTags, "Whether documents name the tags."),
            Row(
                "include_localremote", \.includesParticipants,
                "Whether documents name the two who talk."),
            Row(
                "include_req_uri", \.includesRequestURI,
                "Whether the callee is whom the request URI names, and not whom To names."),
            Row(
                "override_lifetime", \.lifetimeSeconds, 0...Int(Int32.max),
                "Seconds that a publication lasts; 0 for the lifetime of the call."),
            Row(
                "publish_dialog_req_within", \.publishesWithin,
                "Whether requests within a call publish it anew."),
            Row(
                "local_identity_dlg_var", \.identityVariable,
                "The $dlg_var that takes the place of the presentity's own identity."),
            Row(
                "attribute_display", \.showsDisplay,
                "Whether names are shown beside identities: the display name, else the user."),
        ]
    }

    private static var sides: [ParameterRow<PUADialoginfoParameters>] {
        [
            Row(
                "caller_confirmed", \.confirmsCaller,
                "Whether the caller's call is shown as confirmed while it rings."),
            Row(
                "callee_trying", \.showsCalleeTrying,
                "Whether the callee's call is shown before it rings."),
            Row(
                "send_publish_flag", \.publishFlag, -1...31,
                "The message flag of INVITEs to publish; -1 publishes all users of own domains."),
            Row(
                "disable_caller_publish_flag", \.hideCallerFlag, -1...31,
                "The message flag that keeps the caller unpublished; -1 for none."),
            Row(
                "disable_callee_publish_flag", \.hideCalleeFlag, -1...31,
                "The message flag that keeps the callee unpublished; -1 for none."),
            Row(
                "caller_entity_when_publish_disabled", \.hiddenCaller,
                "The URI that the callee's watchers see of a caller who is not published."),
            Row(
                "callee_entity_when_publish_disabled", \.hiddenCallee,
                "The URI that the caller's watchers see of a callee who is not published."),
        ]
    }

    private static var presentities: [ParameterRow<PUADialoginfoParameters>] {
        [
            Row(
                "use_pubruri_avps", \.usesAttributes,
                "Whether attributes name the presentities, and not From and To."),
            Row(
                "refresh_pubruri_avps_flag", \.refreshFlag, -1...31,
                "The message flag that has them read again from a request within the call, if set "
                    + "before loose_route()."),
            Row(
                "pubruri_caller_avp", \.callerAttribute,
                "The $avp with the caller's presentities, one a value."),
            Row(
                "pubruri_callee_avp", \.calleeAttribute,
                "The $avp with the callee's presentities, one a value."),
            Row(
                "pubruri_caller_dlg_var", \.callerVariable,
                "The $dlg_var that the caller's presentities are kept in, separated by commas."),
            Row(
                "pubruri_callee_dlg_var", \.calleeVariable,
                "The $dlg_var that the callee's presentities are kept in, separated by commas."),
        ]
    }
}
