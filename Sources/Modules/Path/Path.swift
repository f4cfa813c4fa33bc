internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `path`: the Path header field of an edge proxy (RFC 3327).
///
/// A proxy that adds itself to the Path of a REGISTER gets the requests to the contact; with the
/// address that the REGISTER came from it also knows then where the client is, behind its NAT.
public final class PathModule: ServerModule, RouteFollower {
    /// The module's settings.
    public typealias Parameters = PathParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: PathParameters { PathParameters() }
    /// The settings.
    let parameters: PathParameters

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<PathParameters>) throws(StartFailure) {
        parameters = setup.parameters
        let name = Array(parameters.receivedName.utf8)
        guard !name.isEmpty, name.allSatisfy(Alphabet.token.contains) else {
            throw StartFailure("path: received_name \"\(parameters.receivedName)\" is no token")
        }
    }

    /// Sends a request that came along a Path of this server to where the client was seen
    /// (parameter `use_received`).
    public func didFollow(_ route: Span<UInt8>, _ context: ScriptContext) {
        // Off unless asked for: it lets the sender of a Route say where a request goes.
        guard parameters.usesReceived else { return }
        let name = Array(parameters.receivedName.utf8)
        guard let uri = try? SIPURI(parsing: route), uri.isSIP,
            let value = uri.parameter(named: name.span, in: route)?.value
        else { return }
        if let target = ReceivedParameter.target(route.part(value)) {
            context.destinationURI = target
        }
    }
}

/// The settings of module `path`, with the defaults of its documentation.
public struct PathParameters: Sendable {
    /// How the address that a request came from is written.
    public enum ReceivedFormat: Int, Sendable, CaseIterable {
        /// As an escaped URI: `sip:10.0.0.1:5060%3Btransport%3Dtcp`.
        case uri = 0
        /// As address, port and number of the transport: `10.0.0.1~5060~2`.
        case short = 1
    }

    /// Whether a request that followed a Path is sent to its `received`.
    public var usesReceived = false
    /// How that parameter is written.
    public var receivedFormat: ReceivedFormat = .uri
    /// Its name.
    public var receivedName = "received"
    /// Whether a request that goes out by another socket gets a Path for each of the two.
    public var usesTwo = false
    /// Whether sockets are named; they have no names here, so only 0 is taken.
    public var namesSockets = 0

    /// The defaults.
    public init() {}
}
