/// The settings of module `pua_dialoginfo`.
public struct PUADialoginfoParameters: Sendable {
    /// Whether ids of calls are UUIDs.
    public var usesUUID = false
    /// Whether documents name the Call-ID.
    public var includesCallID = true
    /// Whether documents name the tags.
    public var includesTags = true
    /// Whether documents name the two who talk.
    public var includesParticipants = true
    /// Whether the callee is whom the request URI names, and not whom To names.
    public var includesRequestURI = false
    /// Seconds that a publication lasts; 0 for the lifetime of the call.
    public var lifetimeSeconds = 0
    /// Whether the caller's call is shown as confirmed while it rings.
    public var confirmsCaller = false
    /// Whether the callee's call is shown before it rings.
    public var showsCalleeTrying = false
    /// The message flag that lets an INVITE be published; -1 publishes all local users.
    public var publishFlag = -1
    /// The message flag that keeps the caller unpublished; -1 for none.
    public var hideCallerFlag = -1
    /// The message flag that keeps the callee unpublished; -1 for none.
    public var hideCalleeFlag = -1
    /// Whether attributes name the presentities.
    public var usesAttributes = false
    /// The message flag that has the attributes read again within a call; -1 for none.
    public var refreshFlag = -1
    /// The attribute that names the caller's presentities.
    public var callerAttribute: String?
    /// The attribute that names the callee's presentities.
    public var calleeAttribute: String?
    /// The value of the call that keeps the caller's presentities.
    public var callerVariable: String?
    /// The value of the call that keeps the callee's presentities.
    public var calleeVariable: String?
    /// The URI that stands for a caller who is not published.
    public var hiddenCaller: String?
    /// The URI that stands for a callee who is not published.
    public var hiddenCallee: String?
    /// Whether requests within a call publish it anew.
    public var publishesWithin = true
    /// The value of the call that takes the place of the presentity's own identity.
    public var identityVariable: String?
    /// Whether names are shown beside identities.
    public var showsDisplay = false

    /// The defaults.
    public init() {}
}
