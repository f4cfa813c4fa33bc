internal import Basics

/// All texts of a subscription's dialog in one immutable block: copying the value copies a
/// reference.
///
/// A notification is written from it outside of any lock, while a refresh may already have given
/// the subscription another block.
@safe
public struct DialogText: @unchecked Sendable {
    /// Where the texts lie within the block.
    struct Layout {
        /// Where each field ends; it begins where the one before it ends.
        var ends = InlineArray<17, UInt16>(repeating: 0)
        /// Bit n: field n is the same as its `twin` and takes no room of its own.
        var twins: UInt32 = 0
        /// The event package.
        var package: PackageIndex
    }

    /// The layout and the texts.
    ///
    /// Sharing it between threads is safe because nobody writes them after `init`.
    let storage: ManagedBuffer<Layout, UInt8>

    /// A block of the texts of a draft, which must all be within their limits.
    public init(_ draft: borrowing DialogDraft, package: PackageIndex) {
        self.init(draft, package: package, toTag: draft[.toTag])
    }

    /// A block of the texts of a draft with another To-tag.
    init(_ draft: borrowing DialogDraft, package: PackageIndex, toTag: Span<UInt8>) {
        precondition(draft.fits, "text beyond its limits")
        var layout = Layout(package: package)
        var end = 0
        for number in 0..<DialogField.count {
            guard let field = DialogField(rawValue: UInt8(number)) else { continue }
            if let twin = Self.twin(field), draft[field].equals(draft[twin]) {
                layout.twins |= 1 << UInt32(number)
            } else {
                end += field == .toTag ? toTag.count : draft[field].count
            }
            layout.ends[number] = UInt16(end)
        }
        let made = layout
        storage = ManagedBuffer<Layout, UInt8>.create(minimumCapacity: end) { _ in made }
        for number in 0..<DialogField.count {
            guard let field = DialogField(rawValue: UInt8(number)), !isTwin(field) else { continue }
            fill(field, field == .toTag ? toTag : draft[field])
        }
    }

    /// Sets all texts of a draft to those of this dialog.
    func copy(into draft: inout DialogDraft) {
        draft.reset()
        for field in DialogField.allCases { draft.set(field, self[field]) }
        assert(draft.fits)
    }

    /// The event package.
    public var package: PackageIndex { storage.header.package }

    /// A text, empty when the dialog has none.
    public subscript(field: DialogField) -> Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let place = place(isTwin(field) ? Self.twin(field) ?? field : field)
            let start = unsafe storage.withUnsafeMutablePointerToElements { unsafe $0 }
            let span = unsafe Span(
                _unsafeStart: UnsafePointer(start + place.lowerBound), count: place.count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Bytes that the block takes for its texts.
    var textBytes: Int { Int(storage.header.ends[DialogField.count - 1]) }

    /// The field whose text a field usually repeats.
    private static func twin(_ field: DialogField) -> DialogField? {
        switch field {
        case .presentityUser: .toUser
        case .presentityHost: .toHost
        case .watcherUser: .fromUser
        case .watcherHost: .fromHost
        default: nil
        }
    }

    private func isTwin(_ field: DialogField) -> Bool {
        storage.header.twins >> UInt32(field.rawValue) & 1 == 1
    }

    private func place(_ field: DialogField) -> Range<Int> {
        let number = Int(field.rawValue)
        let start = number == 0 ? 0 : Int(storage.header.ends[number - 1])
        return start..<Int(storage.header.ends[number])
    }

    private func fill(_ field: DialogField, _ text: Span<UInt8>) {
        let place = place(field)
        precondition(place.count == text.count)
        unsafe storage.withUnsafeMutablePointerToElements { start in
            unsafe text.withUnsafeBufferPointer { source in
                guard let base = source.baseAddress else { return }
                unsafe (start + place.lowerBound).initialize(from: base, count: source.count)
            }
        }
    }

    /// The value of its storage.
    init(storage: ManagedBuffer<Layout, UInt8>) { self.storage = storage }
}
