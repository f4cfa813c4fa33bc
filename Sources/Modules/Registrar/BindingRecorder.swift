import Basics
import Locations
import ModuleKit

/// Collects details of bindings for the script: the attributes of the `$xavp` that `xavp_rcd`
/// names, one set behind the other for each binding.
///
/// It runs under the lock of a shard and copies into the context's scratch buffer.
final class BindingRecorder {
    /// The details that `xavp_rcd_mask` leaves out.
    private struct Mask: OptionSet {
        let rawValue: Int
        static let ruid = Mask(rawValue: 1)
        static let contact = Mask(rawValue: 2)
        static let expires = Mask(rawValue: 4)
        static let received = Mask(rawValue: 8)
        static let path = Mask(rawValue: 16)
    }

    private static let ruidName = Array("ruid".utf8)
    private static let contactName = Array("contact".utf8)
    private static let expiresName = Array("expires".utf8)
    private static let receivedName = Array("received".utf8)
    private static let pathName = Array("path".utf8)

    private let context: ScriptContext
    private let mask: Mask
    private var attributes: [AttributeValue] = []

    /// A recorder for a message; nil when the settings name no `$xavp`.
    init?(_ context: ScriptContext, _ parameters: borrowing RegistrarParameters) {
        guard !parameters.recordRootBytes.isEmpty else { return nil }
        self.context = context
        mask = Mask(rawValue: parameters.recordMask)
    }

    /// Notes a binding; what no longer fits is left out.
    func add(_ binding: borrowing BindingView) {
        guard attributes.count + 5 <= Limits.attributesPerMessageMax else { return }
        if !mask.contains(.ruid) {
            let start = context.scratch.count
            binding.writeRuid(into: &context.scratch)
            add(Self.ruidName, from: start)
        }
        if !binding.received.isEmpty, !mask.contains(.received) {
            add(Self.receivedName, binding.received)
        }
        if !mask.contains(.contact) { add(Self.contactName, binding.uri) }
        if !mask.contains(.expires) {
            let left = binding.expires.map { max(0, $0.seconds - context.now.seconds) } ?? 0
            attributes.append(AttributeValue(name: Self.expiresName, value: .integer(left)))
        }
        if !binding.path.isEmpty, !mask.contains(.path) { add(Self.pathName, binding.path) }
    }

    /// Gives the script what was collected.
    func finish(_ root: [UInt8]) {
        guard !attributes.isEmpty else { return }
        _ = context.structured.push(root, attributes)
        attributes.removeAll()
    }

    private func add(_ name: [UInt8], _ bytes: Span<UInt8>) {
        let start = context.scratch.count
        context.scratch.append(bytes)
        add(name, from: start)
    }

    private func add(_ name: [UInt8], from start: Int) {
        let range = ByteRange(offset: start, count: context.scratch.count - start)
        attributes.append(AttributeValue(name: name, value: .text(.scratch(range))))
    }
}

/// Attributes that are stored with a contact (usrloc parameter `xavp_contact`), between a script's
/// `$xavp` and the packed form of the location table.
enum StoredAttributes {
    /// Packs the attributes of the newest value of a root into `scratch`; nothing when there are
    /// none.
    ///
    /// What is too long for the columns of `location_attrs` is left out.
    static func pack(
        _ root: [UInt8], of context: ScriptContext, into scratch: inout ByteWriter
    ) -> TextPlace {
        guard !root.isEmpty, let position = context.structured.position(root) else { return .none }
        let start = scratch.count
        var digits = ByteWriter(capacity: 24)
        for attribute in context.structured.roots[position].attributes {
            let name = attribute.name.span
            switch attribute.value {
            case .null: continue
            case .integer(let number):
                digits.removeAll()
                digits.append(decimal: number)
                _ = ContactAttributes.append(
                    name: name, value: digits.span, isInteger: true, from: start, to: &scratch)
            case .text(let text):
                context.withBytes(of: text) { value in
                    _ = ContactAttributes.append(
                        name: name, value: value, isInteger: false, from: start, to: &scratch)
                }
            }
        }
        return .scratch(ByteRange(offset: start, count: scratch.count - start))
    }

    /// Reads the attributes of a binding back for a script; texts are copied into the context's
    /// scratch buffer, so it may be called under the lock of a shard.
    static func unpack(
        _ packed: Span<UInt8>, _ context: ScriptContext
    ) -> [AttributeValue] {
        var found: [AttributeValue] = []
        var all = ContactAttributes(packed)
        while let attribute = all.next(), found.count < Limits.attributesPerMessageMax {
            let name = Array(copying: packed.part(attribute.name))
            let bytes = packed.part(attribute.value)
            if attribute.isInteger, let number = ScriptNumber.parse(String(copying: bytes)) {
                found.append(AttributeValue(name: name, value: .integer(number)))
                continue
            }
            let start = context.scratch.count
            context.scratch.append(bytes)
            let range = ByteRange(offset: start, count: bytes.count)
            found.append(AttributeValue(name: name, value: .text(.scratch(range))))
        }
        return found
    }
}
