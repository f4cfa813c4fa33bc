public import Basics

/// What keepalives, and the end of connections, do to bindings: a look, a note, an earlier end.
///
/// None of it changes a row at once. The time of an answer is worth nothing after a restart, and an
/// earlier end shows itself when the binding expires.
extension LocationTable {
    /// Bit of the column `flags`: a keepalive was sent since the last registration or answer.
    public static let keepaliveSentFlag: UInt32 = 8

    /// Notes that a keepalive was sent to a contact; false when it is gone.
    @discardableResult
    public func noteKeepaliveSent(_ handle: ContactHandle) -> Bool {
        withShard(Int(handle.shard)) { shard in
            guard let contact = shard.contacts.index(of: handle.slab) else { return false }
            if shard.contacts[contact].state.contains(.removed) { return false }
            shard.contacts[contact].values.flags |= Self.keepaliveSentFlag
            return true
        }
    }

    /// Notes that the contact of an address-of-record's hash and a unique name has answered.
    ///
    /// - Parameters:
    ///   - hash: What `hashValue(of:)` says of its address-of-record.
    ///   - ruid: Its unique name.
    ///   - now: The present time.
    ///   - microseconds: How long the answer took.
    /// - Returns: False when there is no such contact.
    public func noteKeepalive(
        hash: UInt64, ruid: Span<UInt8>, now: WallTime, microseconds: Int
    ) -> Bool {
        precondition(microseconds >= 0)
        guard !ruid.isEmpty, ruid.count <= Limits.ruidBytesMax else { return false }
        return withShard(Int(hash >> 58)) { shard in
            let tag = UInt32(truncatingIfNeeded: hash)
            var found: UInt32?
            // Names that share 32 bits of their hash are looked at until one has the contact.
            _ = shard.index.find(tag) { address in
                found = shard.contact(of: address, named: ruid)
                return found != nil
            }
            guard let contact = found else { return false }
            shard.contacts[contact].lastKeepalive = UInt32(clamping: now.seconds)
            shard.contacts[contact].keepaliveRoundTrip = UInt32(clamping: microseconds)
            shard.contacts[contact].values.flags &= ~Self.keepaliveSentFlag
            return true
        }
    }

    /// Lets a contact expire earlier than it would, if it still is what the caller has seen.
    ///
    /// - Parameters:
    ///   - handle: The contact.
    ///   - end: When it is to expire; a contact that expires earlier is left alone.
    ///   - connection: The connection that it must still be on; nil for any.
    ///   - silentSince: The last sign of life must not lie behind this time; nil for any.
    /// - Returns: Whether it was shortened.
    @discardableResult
    public func shorten(
        _ handle: ContactHandle, to end: WallTime, connection: Int64? = nil,
        silentSince: WallTime? = nil
    ) -> Bool {
        precondition(end.seconds > 0, "0 is the time of a permanent contact")
        return withShard(Int(handle.shard)) { shard in
            guard let contact = shard.contacts.index(of: handle.slab) else { return false }
            let record = shard.contacts[contact]
            if record.state.contains(.removed) { return false }
            if let connection, record.values.connection != connection { return false }
            if let silentSince, Int(record.lastKeepalive) > silentSince.seconds { return false }
            let time = Int64(end.seconds)
            guard Shard.isEarlier(time, record.values.expiresSeconds) else { return false }
            shard.contacts[contact].values.expiresSeconds = time
            if record.mayBeStored { shard.contacts[contact].state.insert(.shortened) }
            shard.refile(contact)
            shard.journal.origin = ChangeOrigin(.shortening)
            shard.record(.updated, contact)
            return true
        }
    }
}
