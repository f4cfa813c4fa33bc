internal import Basics

extension RegistrationInfo {
    /// Puts the documents of one presentity together (`aggregate_presentities`).
    ///
    /// Registrations of one address-of-record become one; of contacts with one id or one URI the
    /// one published later stays. A registration is active if one of the documents says so and it
    /// has an active contact or names none at all. What was withdrawn is terminated, unless another
    /// document still has it.
    /// - Parameters:
    ///   - documents: what is published, the oldest first; what cannot be read is left out
    ///   - withdrawn: a document that was removed just now
    /// - Returns: the document, with full state and a version for each watcher
    public static func compose(
        _ documents: [[UInt8]], withdrawn: [UInt8]? = nil
    ) -> VersionedDocument {
        var merged = RegistrationInfo()
        if let withdrawn, let info = try? RegistrationInfo(parsing: withdrawn.span) {
            for registration in info.registrations { merged.add(registration.ended) }
        }
        for document in documents.suffix(Limits.composedDocumentsMax) {
            guard let info = try? RegistrationInfo(parsing: document.span) else { continue }
            for registration in info.registrations { merged.add(registration) }
        }
        var whole = merged.document()
        while whole.bytes.count > Limits.composedBytesMax, !merged.registrations.isEmpty {
            merged.registrations.removeFirst((merged.registrations.count + 1) / 2)
            whole = merged.document()
        }
        return whole
    }

    /// A published document as it came, with the place of its version: each watcher of it counts
    /// for itself (RFC 3680 5.2), whatever number the publisher wrote.
    public static func versioned(_ document: [UInt8]) -> VersionedDocument {
        let bytes = document.span
        guard let root = RootTag(bytes), bytes.part(root.name).equals("reginfo"),
            let version = root.value(of: "version", in: bytes)
        else { return VersionedDocument(document) }
        return VersionedDocument(document, version: version)
    }

    /// Adds a registration that was published later than all that are here.
    mutating func add(_ registration: Registration) {
        guard let place = registrations.firstIndex(where: { $0.aor == registration.aor }) else {
            return registrations.append(registration)
        }
        registrations[place].replace(by: registration)
    }
}

extension RegistrationInfo.Registration {
    /// The same, when nobody vouches for it any more.
    fileprivate var ended: Self {
        Self(aor: aor, id: id, state: .terminated)
    }

    /// Takes over what a later document says of the same address-of-record.
    fileprivate mutating func replace(by later: Self) {
        contacts.removeAll { old in
            later.contacts.contains { $0.id == old.id || $0.uri == old.uri }
        }
        contacts += later.contacts
        let isActive = contacts.contains { $0.isActive }
        let saysActive = later.state == .active || state == .active
        state = isActive || (contacts.isEmpty && saysActive) ? .active : later.state ?? state
    }
}
