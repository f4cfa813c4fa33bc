/// Bytes to a server and back, in the clear or within TLS.
///
/// Every wait is bounded by the time-out that the stream was opened with.
protocol ByteStream: AnyObject {
    /// Whether the server is on this machine: what is sent to it crosses no network.
    var isLoopback: Bool { get }
    /// Whether what is sent cannot be read on its way.
    var isSecret: Bool { get }
    /// Sends everything.
    ///
    /// What is not taken is no error: whoever refuses a request may answer before it is sent, and
    /// the answer says why.
    func send(_ bytes: [UInt8]) throws(ControlError)
    /// The next bytes; none at the end of the stream.
    func receive() throws(ControlError) -> [UInt8]
    /// Ends the stream; nothing is sent or received afterwards.
    func close()
}
