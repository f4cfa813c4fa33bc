internal import JSONValue
internal import ModuleKit

/// One request object of JSON-RPC 2.0 (section 4), read but not yet run.
///
/// Members that section 4 does not name are ignored, as it says nothing against them and clients
/// send some.
struct JSONRPCRequest {
    /// The command, or what is wrong with the request.
    var method: Result<String, RPCError>
    /// The parameters as they came.
    var parameters: JSONValue?
    /// The id to answer with; nil for a notification, which is never answered.
    var id: JSONValue?

    /// Reads a request object.
    ///
    /// A request that is invalid is answered, with its id when that can be told and null otherwise
    /// (section 5).
    init(_ document: JSONValue) {
        guard case .object = document else {
            method = .failure(Self.invalid("a request is an object, found \(document.kindText)"))
            id = .null
            return
        }
        parameters = document["params"]
        switch document["id"] {
        case let given?: id = given.isRequestID ? given : .null
        case nil: id = nil
        }
        do throws(RPCError) {
            method = .success(try Self.method(of: document))
        } catch {
            method = .failure(error)
            if id == nil { id = .null }
        }
    }

    /// The command, once everything that section 4 asks of a request is there.
    private static func method(of document: JSONValue) throws(RPCError) -> String {
        guard document["jsonrpc"]?.text == "2.0" else {
            throw invalid("member \"jsonrpc\" must be the string \"2.0\"")
        }
        guard let method = document["method"]?.text else {
            throw invalid("member \"method\" must be a string")
        }
        if let id = document["id"], !id.isRequestID {
            throw invalid("member \"id\" must be a string, a number or null")
        }
        switch document["params"] {
        case nil, .array, .object: return method
        default: throw invalid("member \"params\" must be an array or an object")
        }
    }

    /// The error for JSON that is no request, with what is wrong in words.
    private static func invalid(_ reason: String) -> RPCError {
        RPCError(RPCError.invalidRequest, "Invalid Request: \(reason)")
    }
}

extension JSONValue {
    /// Whether it may be the id of a request (JSON-RPC 2.0 section 4).
    ///
    /// A fraction is allowed although the specification advises against it: refusing it would help
    /// nobody, and it is echoed as it came.
    fileprivate var isRequestID: Bool {
        switch self {
        case .string, .integer, .double, .null: true
        case .bool, .array, .object: false
        }
    }
}
