internal import Basics
internal import JSONValue
public import Logging
public import ModuleKit

/// Answers JSON-RPC 2.0 documents: single requests, batches and notifications.
///
/// Decided here, where the specification leaves it open or Kamailio does otherwise:
///
/// - Errors of the protocol have the reserved codes; a command's own errors keep the codes that
///   callers of Kamailio know (400, 404, 500), which the specification leaves to applications.
/// - The id of an invalid request is echoed when it can be told, because a client can do more with
///   it than with null.
/// - A parameter too many is an error like an unknown name: whoever sends it expects it to count.
/// - `params` that is null is invalid: the specification wants an array, an object, or nothing.
public final class JSONRPCDispatcher: Sendable {
    /// Runs the commands.
    public let runner: CommandRunner
    /// Whether answers stand on several lines, indented by tabs.
    public let isPretty: Bool

    /// A dispatcher for the commands that a runner runs.
    public init(_ runner: CommandRunner, isPretty: Bool = false) {
        self.runner = runner
        self.isPretty = isPretty
    }

    /// A dispatcher for the commands of a registry, with a record of changes of its own.
    public convenience init(registry: CommandRegistry, logger: Logger, isPretty: Bool = false) {
        self.init(
            CommandRunner(registry: registry, audit: AuditLog(), logger: logger),
            isPretty: isPretty)
    }

    /// The commands it runs.
    public var registry: CommandRegistry { runner.registry }

    /// What to answer to a document; nil when it holds nothing but notifications, which have been
    /// run when this returns.
    ///
    /// All other commands run while the answer is written.
    ///
    /// `role` says what the caller may do; nil for everything.
    public func answer(
        _ body: Span<UInt8>, from caller: RPCCaller, as role: AccessRole? = nil
    ) -> JSONRPCAnswer? {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: body)
        } catch {
            let parse = RPCError(
                RPCError.parseError, "Parse error: \(error.message)",
                data: ["offset": .integer(Int64(error.offset))])
            return JSONRPCAnswer(self, caller, refusing: parse)
        }
        guard case .array(let items) = document else {
            return answer([JSONRPCRequest(document)], caller, role, isBatch: false)
        }
        if items.isEmpty || items.count > Limits.batchCallsMax {
            let limit = RPCError(
                RPCError.invalidRequest,
                "Invalid Request: a batch holds 1 to \(Limits.batchCallsMax) requests",
                data: [
                    "given": .integer(Int64(items.count)),
                    "limit": .integer(Int64(Limits.batchCallsMax)),
                ])
            return JSONRPCAnswer(self, caller, refusing: limit)
        }
        return answer(items.map { JSONRPCRequest($0) }, caller, role, isBatch: true)
    }

    /// What to answer to one call of a command that is brief (`MethodRow.isBrief`); nil for
    /// anything else, of which nothing has been run then.
    public func briefAnswer(
        _ body: Span<UInt8>, from caller: RPCCaller, as role: AccessRole? = nil
    ) -> JSONRPCAnswer? {
        // A long document is not looked at: already that would take too long.
        guard body.count <= Limits.briefBodyBytesMax, let document = try? JSONValue(parsing: body),
            case .object = document
        else { return nil }
        let request = JSONRPCRequest(document)
        guard request.id != nil, case .success(let name) = request.method,
            let method = registry[name], method.isBrief
        else { return nil }
        return JSONRPCAnswer(self, caller, role, [request], isBatch: false)
    }

    /// Runs notifications at once; everything else waits until its answer is written.
    private func answer(
        _ requests: [JSONRPCRequest], _ caller: RPCCaller, _ role: AccessRole?, isBatch: Bool
    ) -> JSONRPCAnswer? {
        guard requests.contains(where: { $0.id != nil }) else {
            for request in requests { _ = run(request, caller, role) }
            return nil
        }
        return JSONRPCAnswer(self, caller, role, requests, isBatch: isBatch)
    }

    /// Runs one request.
    func run(
        _ request: JSONRPCRequest, _ caller: RPCCaller, _ role: AccessRole?
    ) -> Result<RPCOutcome, RPCError> {
        switch request.method {
        case .success(let name): runner.run(name, request.parameters, from: caller, as: role)
        case .failure(let error): .failure(error)
        }
    }
}
