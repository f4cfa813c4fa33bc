import Basics
import Locations

/// What one worker keeps for its registrations, so that none of them allocates.
///
/// It is made at the first REGISTER of a worker and never shared: a worker has one message at a
/// time. The buffers keep their room, so they are soon as large as the largest request needs.
final class RegistrarWorkspace {
    /// What the request asks for.
    var input = RegistrarInput()
    /// The header field Contact of the reply.
    var contacts = ByteWriter(capacity: 1024)
}

/// A registration as it is read: the AoR, the contacts, and text that the message lacks.
///
/// It is a value apart from the reply's buffer, because the location table reads the one while the
/// other is written.
struct RegistrarInput: ~Copyable {
    /// The registration that is being read.
    var request = RegistrationRequest()
    /// The address-of-record.
    var aor = ByteWriter(capacity: 256)
    /// Text that the message does not hold as it is to be stored.
    var scratch = ByteWriter(capacity: 1024)
}
