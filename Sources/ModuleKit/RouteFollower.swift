/// A module that wants to know which Route of this server's own a request has followed.
///
/// Whoever consumes Routes (`loose_route`) asks `Services.loadedModules` for modules of this kind
/// once and tells them; the modules do not know each other.
public protocol RouteFollower: AnyObject, Sendable {
    /// A Route with this URI led here and was consumed.
    func didFollow(_ route: Span<UInt8>, _ context: ScriptContext)
}

extension Services {
    /// Tells all modules that want to know that a Route was consumed.
    public func tellRouteFollowers(_ route: Span<UInt8>, _ context: ScriptContext) {
        for loaded in loadedModules {
            if let follower = loaded.instance as? any RouteFollower {
                follower.didFollow(route, context)
            }
        }
    }
}
