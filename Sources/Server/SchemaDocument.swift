internal import Basics
internal import JSONValue
internal import Management
internal import ModuleKit

/// The OpenRPC document of all commands of all modules, from their declarations alone.
///
/// Clients are generated from it, so it is kept under version control, and a test compares the file
/// with this text: a command does not change its shape by accident.
public enum SchemaDocument {
    /// The document as it is kept in rpc-schema/openrpc.json.
    public static var text: String {
        var writer = JSONWriter(capacity: 1 << 16, isPretty: true)
        writer.value(document)
        writer.bytes.append("\n")
        return writer.bytes.text
    }

    private static var document: JSONValue {
        let blueprints = [Catalogue.core] + Catalogue.modules
        let methods = blueprints.flatMap(\.methods).sorted { $0.name < $1.name }
        return OpenRPCDocument.make(
            methods, title: "Roost management", version: ProductVersion.number)
    }
}
