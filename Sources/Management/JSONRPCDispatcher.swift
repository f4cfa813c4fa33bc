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
    /// The commands it runs.
    public let registry: CommandRegistry
    /// Whether answers stand on several lines, indented by tabs.
    public let isPretty: Bool
    private let logger: Logger

    /// A dispatcher for the commands of a registry.
    public init(registry: CommandRegistry, logger: Logger, isPretty: Bool = false) {
        self.registry = registry
        self.logger = logger
        self.isPretty = isPretty
    }

    /// What to answer to a document; nil when it holds nothing but notifications, which have been
    /// run when this returns.
    ///
    /// All other commands run while the answer is written.
    public func answer(_ body: Span<UInt8>, from caller: RPCCaller) -> JSONRPCAnswer? {
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
            return answer([JSONRPCRequest(document)], caller, isBatch: false)
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
        return answer(items.map { JSONRPCRequest($0) }, caller, isBatch: true)
    }

    /// Runs notifications at once; everything else waits until its answer is written.
    private func answer(
        _ requests: [JSONRPCRequest], _ caller: RPCCaller, isBatch: Bool
    ) -> JSONRPCAnswer? {
        guard requests.contains(where: { $0.id != nil }) else {
            for request in requests { _ = run(request, caller) }
            return nil
        }
        return JSONRPCAnswer(self, caller, requests, isBatch: isBatch)
    }

    /// Runs one request and logs it when it changes something.
    ///
    /// The log has changes that were refused as well: a series of them is what an attack looks
    /// like.
    func run(_ request: JSONRPCRequest, _ caller: RPCCaller) -> Result<RPCOutcome, RPCError> {
        let name: String
        switch request.method {
        case .success(let given): name = given
        case .failure(let error): return .failure(error)
        }
        guard let method = registry[name] else { return .failure(unknown(name)) }
        let outcome: Result<RPCOutcome, RPCError>
        do throws(RPCError) {
            let values = try ParameterBinding(method).bind(request.parameters)
            outcome = .success(
                try method.call(RPCCall(method: name, values: values, caller: caller)))
        } catch {
            outcome = .failure(error)
        }
        if method.isChange { note(request, name, caller, outcome) }
        return outcome
    }

    /// The error for a command that does not exist, with the one that was perhaps meant.
    private func unknown(_ name: String) -> RPCError {
        var members: [JSONValue.Member] = [.init("method", .string(name))]
        if let nearest = registry.nearest(to: name) {
            members.append(.init("nearest", .string(nearest)))
        }
        return RPCError(
            RPCError.methodNotFound, "Method not found: \(name)", data: .object(members))
    }

    /// Who changed what, from where, and whether it worked.
    ///
    /// Parameters are written as JSON, so a line end in them cannot forge a line of the log, and
    /// cut to `Limits.loggedParametersBytesMax`.
    private func note(
        _ request: JSONRPCRequest, _ name: String, _ caller: RPCCaller,
        _ outcome: Result<RPCOutcome, RPCError>
    ) {
        let parameters = (request.parameters ?? []).encoded()
            .prefix(Limits.loggedParametersBytesMax)
        switch outcome {
        case .success: logger.notice("\(name) \(parameters) by \(caller.text)")
        case .failure(let error):
            logger.notice(
                "\(name) \(parameters) by \(caller.text) refused: \(error.code) \(error.message)")
        }
    }
}

extension RPCCaller {
    /// Channel, address and user in one word each: "http 127.0.0.1:40312 admin".
    public var text: String {
        "\(channel) \(address)" + (user.map { " \($0)" } ?? "")
    }
}
