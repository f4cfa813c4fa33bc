public import Basics

/// Finding a binding by its unique name alone, as a temporary GRUU asks for (RFC 5627 3.2).
///
/// Only bindings with an instance have GRUUs, so only they are filed; most bindings cost nothing
/// here but the look at an empty field.
extension Shard {
    /// Files a contact under its unique name, if it has an instance.
    mutating func fileName(_ contact: UInt32) {
        assert(!contacts[contact].state.contains(.removed))
        guard contacts[contact].text.instanceCount > 0 else { return }
        names.insert(nameTag(of: contact), contact)
    }

    /// Takes a contact out that is about to lose its instance or its life.
    mutating func unfileName(_ contact: UInt32) {
        guard contacts[contact].text.instanceCount > 0 else { return }
        names.remove(nameTag(of: contact), contact)
        assert(names.count <= contacts.count)
    }

    /// The contact of a unique name, nil when there is none or it has no instance.
    func find(ruid name: Span<UInt8>) -> UInt32? {
        precondition(name.count <= Limits.ruidBytesMax, "longer than any unique name")
        let number = ruids.find(name)
        if let number,
            let found = names.find(Self.tag(number), where: { contacts[$0].ruid == number })
        {
            return found
        }
        return names.find(Self.tag(name)) { hasRuid($0, name, nil) }
    }

    /// The hash that the name of a contact is filed under.
    private func nameTag(of contact: UInt32) -> UInt32 {
        let record = contacts[contact]
        guard record.ruid.isForeign else { return Self.tag(record.ruid) }
        return Self.tag(record.text.span().extracting(record.text.ruidPlace))
    }

    /// Counters of one shard agree in their lower bits, so the upper half of a product is taken.
    private static func tag(_ ruid: Ruid) -> UInt32 {
        assert(!ruid.isForeign)
        let word = UInt64(ruid.counter) | UInt64(ruid.origin) << 32
        return UInt32(truncatingIfNeeded: word &* 0x9e37_79b9_7f4a_7c15 >> 32)
    }

    /// FNV-1a: foreign names come from a table of ours, not from strangers.
    private static func tag(_ name: Span<UInt8>) -> UInt32 {
        assert(name.count <= Limits.ruidBytesMax)
        var hash: UInt32 = 0x811c_9dc5
        for place in name.indices { hash = (hash ^ UInt32(name[place])) &* 0x0100_0193 }
        return hash
    }
}

extension LocationTable {
    /// Shows the binding of a unique name, which must have an instance: what a temporary GRUU
    /// stands for.
    ///
    /// The name does not tell the shard, so each is asked, one lock at a time: one probe of an
    /// index of eight-byte slots in each.
    ///
    /// - Parameters:
    ///   - ruid: The unique name.
    ///   - now: The present time.
    ///   - includingExpired: Whether a binding counts that has expired and is not collected yet.
    ///   - each: Sees the binding.
    /// - Returns: Whether there is one.
    @discardableResult
    public func lookUp(
        ruid: Span<UInt8>, now: WallTime, includingExpired: Bool = false,
        each: (borrowing BindingView) -> Void
    ) -> Bool {
        guard !ruid.isEmpty, ruid.count <= Limits.ruidBytesMax else { return false }
        for number in 0..<Self.shardCount {
            let isFound = withShard(number) { shard in
                guard let contact = shard.find(ruid: ruid) else { return false }
                guard includingExpired || shard.contacts[contact].isValid(now) else {
                    return false
                }
                each(shard.view(contact))
                return true
            }
            if isFound { return true }
        }
        return false
    }
}
