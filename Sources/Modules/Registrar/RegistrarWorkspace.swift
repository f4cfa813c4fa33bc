import Basics
import Locations

/// What one worker keeps for its registrations, so that none of them allocates.
final class RegistrarWorkspace {
    /// The registration that is being read.
    var request = RegistrationRequest()
    /// The address-of-record.
    var aor = ByteWriter(capacity: 256)
    /// Text that the message does not hold as it is to be stored.
    var scratch = ByteWriter(capacity: 1024)
    /// The header field Contact of the reply.
    var contacts = ByteWriter(capacity: 1024)
}
