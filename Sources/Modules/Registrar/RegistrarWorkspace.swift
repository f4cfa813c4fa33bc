import Basics
import Locations
import SIPSyntax

/// What one worker keeps for its registrations, so that none of them allocates.
///
/// It is made at the first REGISTER of a worker and never shared: a worker has one message at a
/// time. The buffers keep their room, so they are soon as large as the largest request needs.
final class RegistrarWorkspace {
    /// What the request asks for.
    var input = RegistrarInput()
    /// The header fields of the reply, Contact first.
    var headers = ByteWriter(capacity: 1024)
    /// The AoR for GRUUs.
    let gruu = GRUUName()
    /// The reply that the last call of `save` has come to.
    var reply = PreparedReply()
}

/// What `save` would answer, for a script that sends the reply itself (`reg_send_reply`).
struct PreparedReply {
    /// The message that it answers; the number is that of the context.
    var message: UInt64 = 0
    /// Its status, 0 without one.
    var status = 0
    /// Whether its header fields wait in the context for whoever replies (flag 0x10).
    var isPrepared = false
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
    /// The Allow that was read last, and the methods that it names.
    var allow = KnownMethods()
}

/// The methods of an Allow header field, remembered by its text.
///
/// Phones of a kind send the same list with every REGISTER, and reading its dozen names costs more
/// than all the rest of the contact; comparing the text with the one before costs next to nothing.
struct KnownMethods: ~Copyable {
    private var text = ByteWriter(capacity: 256)
    private var methods = MethodSet()

    /// The methods that a message allows; all of them when it does not say.
    mutating func methods(of message: borrowing SIPMessage) -> MethodSet {
        guard let value = message.header(.allow) else { return .all }
        // Several fields are one list: they are read as a whole, and not remembered.
        guard message.fieldCount(.allow) == 1 else { return message.allow ?? .all }
        let list = message[value]
        if text.count > 0, text.span.equals(list) { return methods }
        methods = MethodSet(list: list)
        text.removeAll()
        text.append(list)
        return methods
    }
}
