public import ModuleKit

/// Module `app_lua`: routing logic in Lua (KEMI).
public final class AppLuaModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<AppLuaModule>("app_lua", "Routing logic in Lua (KEMI).")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
