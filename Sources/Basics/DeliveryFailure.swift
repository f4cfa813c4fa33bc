/// What could not be delivered, told when it is found out and not when somebody has waited in vain.
///
/// RFC 3261 18.4 wants a transport to inform the transactions above of each message that it could
/// not send; for streams that is known, since a connection is refused or breaks.
public enum DeliveryFailure: Sendable, Hashable {
    /// A message was not sent; these are its bytes.
    case message([UInt8])
    /// The connection of this number has ended, with all that was asked on it.
    ///
    /// `peer` is its other end if it was the newest connection to there, so that whatever was sent
    /// to that address without a number was sent on it.
    case connection(Int64, peer: PeerAddress?)
}
