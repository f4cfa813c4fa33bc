internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// `{uri.…}`: parts of a URI, empty when it has none, null when the text is no URI.
extension Transformations {
    /// All of the class `uri`.
    static var uris: [TransformationRow] { uriParts + uriParameters + uriForms }

    private static var uriParts: [TransformationRow] {
        [
            uriPart("uri.user", "User.") { uri, _ in uri.user },
            uriPart("uri.host", "Host.") { uri, _ in uri.host },
            uriPart("uri.domain", "Host.") { uri, _ in uri.host },
            uriPart("uri.passwd", "Password.") { uri, _ in uri.password },
            TransformationRow("uri.port", "Port as a number; empty when there is none.") {
                context, value in
                guard let text = context.text(value) else { return .null }
                let port = context.withBytes(of: text) { bytes -> Int? in
                    guard let uri = try? SIPURI(parsing: bytes) else { return nil }
                    return uri.port.map { Int($0) } ?? -1
                }
                guard let port else { return .null }
                return port < 0 ? .text(.owned([])) : .integer(port)
            },
            uriPart("uri.params", "All parameters.") { uri, _ in uri.parameters },
            uriPart("uri.headers", "All headers.") { uri, _ in uri.headers },
            uriPart("uri.scheme", "Scheme.") { uri, _ in uri.schemeRange },
        ]
    }

    private static var uriParameters: [TransformationRow] {
        let named: [(String, StaticString)] = [
            ("transport", "transport"), ("ttl", "ttl"), ("uparam", "user"), ("maddr", "maddr"),
            ("method", "method"), ("lr", "lr"), ("r2", "r2"),
        ]
        let rows = named.map { name, parameter in
            uriPart("uri." + name, "Value of the parameter \(parameter).") { uri, bytes in
                uri.parameter(parameter, in: bytes)?.value
            }
        }
        let any = TransformationRow(
            "uri.param", [TransformationParameter("name", .text)], "Value of a parameter."
        ) { (arguments, _) in
            { context, value in
                guard let text = context.text(value), let name = arguments[0].text(context)
                else { return .null }
                let range = context.withBytes(of: text) { bytes -> ByteRange? in
                    guard let uri = try? SIPURI(parsing: bytes) else { return nil }
                    let pair = context.withBytes(of: name) {
                        uri.parameter(named: $0, in: bytes)
                    }
                    return pair?.value ?? .empty
                }
                return range.map { context.part(of: text, $0) } ?? .null
            }
        }
        return rows + [any]
    }

    /// URIs that are made of parts of the URI.
    private static var uriForms: [TransformationRow] {
        [
            uriForm("uri.tosocket", "As a socket, proto:host:port; empty if one is missing.") {
                uri, bytes, writer in
                guard uri.isSIP, let port = uri.port,
                    uri.parameter("transport", in: bytes)?.value != nil,
                    let transport = uri.transport(in: bytes)
                else { return }
                writer.append(transport.name)
                writer.append(":")
                writer.append(bytes.part(uri.host))
                writer.append(":")
                writer.append(decimal: port)
            },
            uriForm("uri.duri", "With scheme, host, port and transport only.") {
                uri, bytes, writer in uri.write([.address], bytes, &writer)
            },
            uriForm("uri.saor", "With scheme, user and host only.") {
                uri, bytes, writer in uri.write([.user], bytes, &writer)
            },
            uriForm("uri.suri", "With scheme, user, host, port and transport only.") {
                uri, bytes, writer in uri.write([.user, .address], bytes, &writer)
            },
        ]
    }

    private static func uriPart(
        _ name: String, _ summary: String,
        _ find: @escaping @Sendable (SIPURI, Span<UInt8>) -> ByteRange?
    ) -> TransformationRow {
        .part(name, summary) { bytes, _, _ in
            guard let uri = try? SIPURI(parsing: bytes) else { return nil }
            return find(uri, bytes) ?? .empty
        }
    }

    private static func uriForm(
        _ name: String, _ summary: String,
        _ write: @escaping @Sendable (SIPURI, Span<UInt8>, inout ByteWriter) -> Void
    ) -> TransformationRow {
        .built(name, summary) { bytes, _, _, writer in
            guard let uri = try? SIPURI(parsing: bytes) else { return false }
            write(uri, bytes, &writer)
            return true
        }
    }
}

extension SIPURI {
    /// Parts of a URI beside scheme and host.
    struct Parts: OptionSet {
        /// One bit a part.
        let rawValue: UInt8
        /// The user, without password.
        static let user = Parts(rawValue: 1)
        /// Port and transport.
        static let address = Parts(rawValue: 2)
    }

    /// Writes the URI with some of its parts.
    func write(_ parts: Parts, _ bytes: Span<UInt8>, _ writer: inout ByteWriter) {
        writer.append(bytes.part(schemeRange))
        writer.append(":")
        if let user, parts.contains(.user) || !isSIP {
            writer.append(bytes.part(user))
            if isSIP { writer.append("@") }
        } else if scheme == .other {
            writer.append(bytes.extracting((schemeRange.end + 1)..<whole.end))
        }
        writer.append(bytes.part(host))
        guard parts.contains(.address) else { return }
        if let port {
            writer.append(":")
            writer.append(decimal: port)
        }
        if isSIP, let transport = parameter("transport", in: bytes)?.value {
            writer.append(";transport=")
            writer.append(bytes.part(transport))
        }
    }
}
