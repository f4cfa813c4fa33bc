import Basics
import Locations
import ModuleKit

/// What a script learns of the bindings that were found, in structured attributes.
extension RegistrarModule {
    /// The details of `xavp_rcd`, as `xavp_rcd_mask` numbers them.
    private enum Detail: Int {
        case ruid = 1
        case contact = 2
        case expires = 4
        case received = 8
        case path = 16
    }

    /// Puts the details of a binding on top of the `$xavp` that `xavp_rcd` names.
    func record(
        _ entry: FoundBindings.Entry, _ found: borrowing FoundBindings, _ rules: LookupRules,
        _ context: ScriptContext
    ) {
        guard !rules.record.isEmpty else { return }
        var attributes: [AttributeValue] = []
        func add(_ detail: Detail, _ name: StaticString, _ value: ScriptValue?) {
            guard rules.recordMask & detail.rawValue == 0, let value else { return }
            attributes.append(AttributeValue(name: name.bytes, value: value))
        }
        add(.ruid, "ruid", .text(.owned(found.owned(entry.ruid))))
        if !entry.received.isEmpty {
            add(.received, "received", .text(.owned(found.owned(entry.received))))
        }
        add(.contact, "contact", .text(.owned(found.owned(entry.uri))))
        add(
            .expires, "expires",
            .integer((entry.values.expires?.seconds ?? context.now.seconds) - context.now.seconds))
        if !entry.path.isEmpty {
            add(.path, "path", .text(.owned(found.owned(entry.path))))
        }
        _ = context.structured.push(rules.record, attributes)
    }

    /// Brings back what a script had stored with a contact (usrloc parameter `xavp_contact`).
    func restore(
        _ entry: FoundBindings.Entry, _ found: borrowing FoundBindings, _ rules: LookupRules,
        _ context: ScriptContext
    ) {
        guard !rules.contactRoot.isEmpty, !entry.attributes.isEmpty else { return }
        let packed = found.owned(entry.attributes)
        var attributes: [AttributeValue] = []
        var walk = ContactAttributes(packed.span)
        while let attribute = walk.next(), attributes.count < Limits.attributesPerMessageMax {
            let value = Array(packed[attribute.value.indices])
            let number = attribute.isInteger ? ScriptNumber.convert(value.span) : nil
            attributes.append(
                AttributeValue(
                    name: Array(packed[attribute.name.indices]),
                    value: number.map { .integer($0) } ?? .text(.owned(value))))
        }
        _ = context.structured.push(rules.contactRoot, attributes)
    }
}
