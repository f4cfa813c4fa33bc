import Basics
import Logging
import ModuleKit
import SIPSyntax
import Storage

/// A server that has settings and addresses and nothing else.
final class KitServices: Services {
    let settings = SettingsStore()
    let logger = Logger(label: "kit") { _ in SwiftLogNoOpLogHandler() }
    let serverID = 3
    let startedAt = WallTime(seconds: 1_700_000_000)
    let commandLine: [String] = []
    let loadedModules: [LoadedModule] = []
    let threads: [(id: Int, description: String)] = []
    let sockets = [
        ListeningSocket(transport: .udp, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060)),
        ListeningSocket(transport: .tcp, address: PeerAddress(high: 0, low: 1, port: 5061)),
    ]
    let aliases = [
        HostAlias(host: "example.com"), HostAlias(host: "other.org", port: 5080),
    ]

    func database(_ url: String) throws(StorageError) -> any DatabaseDriver {
        throw StorageError(.configuration, "no database here")
    }
    func every(_ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void) {}
    func runEventRoute(_ name: String, _ prepare: (ScriptContext) -> Void) {}
    func announceThread(_ description: String) {}
    func requestStop(status: Int32) {}
}

/// A context with a request loaded into it.
func kitContext(_ uri: String = "sip:bob:pw@example.com:5080;lr?x=y") throws -> ScriptContext {
    let context = ScriptContext(services: KitServices())
    let text = """
        OPTIONS \(uri) SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3;branch=z9hG4bK1
        From: <sip:alice@example.org>;tag=a
        To: <sip:bob@example.com>
        Call-ID: c
        CSeq: 1 OPTIONS
        Content-Length: 0


        """
    let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
    try context.message.load(bytes.span)
    context.reset(
        origin: Origin(
            transport: .udp, socket: SocketIndex(0),
            source: PeerAddress(ipv4: 0x0a01_0203, port: 5070)),
        now: WallTime(seconds: 5))
    return context
}
