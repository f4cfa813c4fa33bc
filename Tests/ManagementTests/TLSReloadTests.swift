import Basics
import Glibc
import Logging
import ModuleKit
import TestSupport
import Testing

@testable import Management

/// The certificate of a running server is replaced.
@Suite("certificates", .enabled(if: ToolPath.installed("openssl") != nil))
struct TLSReloadTests {
    private func makeCertificate(_ folder: TemporaryFolder, name: String) throws {
        let outcome = try StartedProgram.run(
            try #require(ToolPath.installed("openssl")),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=\(name)", "-keyout", folder.file("key.pem"), "-out",
                folder.file("cert.pem"),
            ], seconds: 30)
        try #require(outcome.status == 0, "\(outcome.output)")
    }

    /// The subject of the certificate that a port shows.
    private func subject(_ port: UInt16) throws -> String {
        try StartedProgram.run(
            "/bin/sh",
            [
                "-c",
                "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null"
                    + " | openssl x509 -noout -subject",
            ], seconds: 30
        ).output
    }

    @Test("a new certificate is taken up without a stop, and a wrong one leaves the old in force")
    func reload() throws {
        let folder = try TemporaryFolder()
        try makeCertificate(folder, name: "first")
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        configuration.tls = TLSFiles(
            certificate: folder.file("cert.pem"), privateKey: folder.file("key.pem"))
        let server = HTTPServer(
            configuration, endpoints: [RPCEndpoint(SampleCommands.dispatcher())],
            logger: Logger(label: "test") { _ in Silence() })
        try server.start()
        defer { server.stop() }
        let port = try #require(server.port)
        #expect(server.url == "https://127.0.0.1:\(port)")
        #expect(try subject(port).contains("first"))
        try makeCertificate(folder, name: "second")
        try server.reloadTLS()
        #expect(server.port == port)
        #expect(try subject(port).contains("second"))
        try folder.write("nothing", to: "cert.pem")
        #expect(throws: StartFailure.self) { try server.reloadTLS() }
        #expect(try subject(port).contains("second"))
    }

    @Test("a server without TLS has nothing to reload")
    func plain() throws {
        let server = HTTPServer(
            HTTPServer.Configuration(), endpoints: [],
            logger: Logger(label: "test") { _ in Silence() }
        )
        try server.reloadTLS()
        #expect(server.url == nil)
    }
}
