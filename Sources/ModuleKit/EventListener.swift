/// A module whose settings name a function of an embedded language for events, in place of the
/// event route (parameter `event_callback`).
public protocol EventListener: AnyObject, Sendable {
    /// The function for an event such as `usrloc:contact-expired`; nil for those that are not its
    /// concern.
    func callback(for event: String) -> String?
}

extension Services {
    /// The function that takes the place of an event route; nil when no module names one.
    public func callback(for event: String) -> String? {
        for loaded in loadedModules {
            if let listener = loaded.instance as? any EventListener,
                let function = listener.callback(for: event)
            {
                return function
            }
        }
        return nil
    }
}
