/// What other parts of the server may ask about names of the language.
public enum ScriptNaming {
    /// The candidate nearest to a name that was mistyped, nil when none is near enough.
    public static func nearest(_ name: String, among candidates: [String]) -> String? {
        NearestName.find(name, among: candidates)
    }
}
