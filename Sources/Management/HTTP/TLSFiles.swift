internal import Basics
internal import Glibc
internal import ModuleKit

/// The files that TLS needs: the certificate with its chain, and its private key, in PEM.
public struct TLSFiles: Sendable, Equatable {
    /// Path of the certificate, the server's own first, then those that lead to the root.
    public var certificate: String
    /// Path of the private key, without a passphrase.
    public var privateKey: String
    /// Two files.
    public init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }

    /// What stands in them.
    struct Content: Sendable {
        /// The certificates.
        var certificate: String
        /// The key.
        var privateKey: String
    }

    /// Reads both; errors name the file and the cause.
    func read() throws(StartFailure) -> Content {
        let chain = try Self.read(certificate, "tls_certificate")
        guard chain.contains("-----BEGIN CERTIFICATE-----") else {
            throw StartFailure("HTTP: tls_certificate \(certificate) holds no certificate in PEM")
        }
        let key = try Self.read(privateKey, "tls_private_key")
        guard key.contains("PRIVATE KEY-----"), !key.contains("ENCRYPTED") else {
            throw StartFailure(
                "HTTP: tls_private_key \(privateKey) holds no private key in PEM, or one with a "
                    + "passphrase")
        }
        return Content(certificate: chain, privateKey: key)
    }

    private static func read(_ path: String, _ parameter: String) throws(StartFailure) -> String {
        let file = unsafe fopen(path, "re")
        guard let file = unsafe file else {
            let cause = unsafe String(cString: strerror(errno))
            throw StartFailure("HTTP: \(parameter): cannot read \(path): \(cause)")
        }
        defer { unsafe fclose(file) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Limits.certificateBytesMax) {
            buffer, count in
            unsafe count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
        guard bytes.count < Limits.certificateBytesMax else {
            throw StartFailure("HTTP: \(parameter): \(path) is too large for what it should be")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
