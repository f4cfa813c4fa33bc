import Basics
import Locations
import Logging
import ModuleKit
import Usrloc

/// What `save` was asked to do, as far as it is known when the script is loaded.
struct SaveCall: Sendable {
    /// The table that the script names.
    let table: LocationTable
    /// The flags that the script gives.
    let flags: SaveFlags
}

/// The arguments of `save`, which a script may also put together while it runs.
extension RegistrarModule {
    /// Prepares a call: what is constant is checked and looked up once.
    ///
    /// A flag that is unknown is a mistake in the script, and better told at the start than ignored
    /// for each phone.
    func saveCall(
        _ table: Evaluator<ScriptText>, _ flags: Evaluator<Int?>
    ) throws(ArgumentError) -> @Sendable (ScriptContext) -> SaveCall? {
        if case .constant(.owned(let name)) = table, case .constant(let number) = flags {
            let call = SaveCall(
                table: try location(.constant(String(decoding: name, as: UTF8.self))),
                flags: try saveFlags(number ?? 0))
            return { _ in call }
        }
        // What is constant of the two is checked now all the same.
        if case .constant(.owned(let name)) = table {
            _ = try location(.constant(String(decoding: name, as: UTF8.self)))
        }
        if case .constant(let number) = flags { _ = try saveFlags(number ?? 0) }
        return { [self] context in dynamicCall(context, table, flags) }
    }

    /// The call for one message; nil, with a line in the log, when its arguments are none.
    ///
    /// A table that only a variable names must be known from elsewhere, or whoever sends requests
    /// could fill the memory with tables.
    private func dynamicCall(
        _ context: ScriptContext, _ table: Evaluator<ScriptText>, _ flags: Evaluator<Int?>
    ) -> SaveCall? {
        guard let text = table.value(context), case .some(let number) = flags.value(context),
            let known = usrloc.existingTable(named: context.string(text)),
            let flags = try? saveFlags(number ?? 0)
        else {
            services.logger.warning("save: no such table or flags")
            return nil
        }
        return SaveCall(table: known, flags: flags)
    }

    /// The flags of a number.
    private func saveFlags(_ number: Int) throws(ArgumentError) -> SaveFlags {
        let given = SaveFlags(rawValue: number)
        guard SaveFlags.all.isSuperset(of: given) else {
            throw ArgumentError("save knows the flags 0x01 to 0x1f, found \(given.rawValue)")
        }
        if given.contains(.memoryOnly), usrloc.parameters.databaseMode == .databaseOnly {
            throw ArgumentError(
                "save flag 0x01 keeps bindings in memory, which db_mode 3 has none of")
        }
        return given
    }
}
