internal import CLibXML2
internal import Glibc
internal import Synchronization

@testable import EventDocuments

/// A schema of an RFC, from the folder `Schemas`.
///
/// A test validates what this target writes, so that a body which its own reader likes and no
/// phone does is found here.
@safe
final class Schema {
    static let pidf = Schema("pidf")
    static let watcherinfo = Schema("watcherinfo")
    static let reginfo = Schema("reginfo")
    static let dialogInfo = Schema("dialog-info")

    /// One test at a time validates; the library's schemas say nothing of threads.
    private static let turn = Mutex(())
    private let schema: xmlSchemaPtr?

    private init(_ name: String) {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let text = Self.contents("/\(folder)/Schemas/\(name).xsd")
        unsafe schema = XMLLibrary.isReady ? Self.read(text) : nil
    }

    deinit { unsafe xmlSchemaFree(schema) }

    /// Whether a document is one of the schema.
    func isValid(_ document: [UInt8]) -> Bool {
        guard let schema = unsafe schema else { return false }
        return Self.turn.withLock { _ in
            let tree = unsafe document.withUnsafeBytes { raw in
                unsafe xmlReadMemory(
                    raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count),
                    nil, nil, Int32(XML_PARSE_NOERROR.rawValue | XML_PARSE_NONET.rawValue))
            }
            defer { unsafe xmlFreeDoc(tree) }
            guard let context = unsafe xmlSchemaNewValidCtxt(schema), unsafe tree != nil else {
                return false
            }
            defer { unsafe xmlSchemaFreeValidCtxt(context) }
            return unsafe xmlSchemaValidateDoc(context, tree) == 0
        }
    }

    /// The bytes of a file, read without Foundation, whose headers do not go with libxml2's.
    private static func contents(_ path: String) -> [UInt8] {
        guard let file = unsafe fopen(path, "r") else { return [] }
        defer { unsafe fclose(file) }
        return unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            unsafe count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
    }

    private static func read(_ text: [UInt8]) -> xmlSchemaPtr? {
        unsafe text.withUnsafeBytes { raw in
            let context = unsafe xmlSchemaNewMemParserCtxt(
                raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count))
            defer { unsafe xmlSchemaFreeParserCtxt(context) }
            return unsafe xmlSchemaParse(context)
        }
    }
}

/// The schemas are read once and only under the lock of `turn`.
extension Schema: @unchecked Sendable {}

extension String {
    /// Its bytes, as they arrive in a message.
    var bytes: [UInt8] { Array(utf8) }
}

extension Array where Element == UInt8 {
    /// The bytes as text.
    var text: String { String(decoding: self, as: UTF8.self) }
}

/// What a call throws, nil if it does not.
func failure(_ body: () throws -> Void) -> DocumentError? {
    do {
        try body()
        return nil
    } catch {
        return error as? DocumentError
    }
}
