internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The attributes of a branch, as `$branch(name)` and `$sbranch(name)` have them.
enum BranchField: String, Sendable, CaseIterable {
    /// Its request URI.
    case uri
    /// Where it is sent instead.
    case destination = "dst_uri"
    /// Its Path.
    case path
    /// Its priority in thousandths.
    case q
    /// The socket it is sent from.
    case socket = "send_socket"
    /// How many branches there are.
    case count
    /// Its branch flags.
    case flags
    /// The unique name of its binding.
    case ruid
    /// The User-Agent of its registration.
    case userAgent = "location_ua"
    /// The connection it is sent on.
    case connection = "otcpid"
    /// The instance of its binding.
    case instance

    /// What a branch has.
    func read(_ branch: ScriptBranch, _ context: ScriptContext) -> ScriptValue {
        switch self {
        case .uri: .text(.owned(branch.uri))
        case .destination: branch.destination.map { .text(.owned($0)) } ?? .null
        case .path: Self.text(branch.target.path)
        case .q: branch.q < 0 ? .null : .integer(branch.q)
        case .socket: context.socketName(branch.target.socket)
        case .count: .integer(context.branches.count)
        case .flags: .integer(Int(branch.flags))
        case .ruid: Self.text(branch.target.ruid)
        case .userAgent: Self.text(branch.target.locationUserAgent)
        case .connection: .integer(max(0, Int(branch.target.connection)))
        case .instance: Self.text(branch.target.instance)
        }
    }

    /// Sets it; false when the value is of another type or means nothing.
    ///
    /// Null unsets what can be unset; a branch without URI is none, so that is for the caller.
    func write(
        _ branch: inout ScriptBranch, _ value: ScriptValue, _ context: ScriptContext
    ) -> Bool {
        switch self {
        case .q, .flags, .connection: return writeNumber(&branch, value)
        case .count: return false
        case .socket:
            guard let socket = context.socket(named: value) else { return false }
            branch.target.socket = socket
            return true
        default: break
        }
        var bytes: [UInt8] = []
        if case .text(let text) = value { bytes = context.bytes(of: text) }
        if case .integer = value { return false }
        switch self {
        case .uri:
            guard (try? SIPURI(parsing: bytes.span)) != nil else { return false }
            branch.uri = bytes
        case .destination:
            guard bytes.isEmpty || (try? SIPURI(parsing: bytes.span)) != nil else { return false }
            branch.destination = bytes.isEmpty ? nil : bytes
        case .path: branch.target.path = bytes
        case .ruid: branch.target.ruid = bytes
        case .userAgent: branch.target.locationUserAgent = bytes
        case .instance: branch.target.instance = bytes
        default: return false
        }
        return true
    }

    private func writeNumber(_ branch: inout ScriptBranch, _ value: ScriptValue) -> Bool {
        let number: Int
        switch value {
        case .integer(let given): number = given
        case .null: number = self == .flags ? 0 : -1
        case .text: return false
        }
        switch self {
        case .q:
            guard (-1...1000).contains(number) else { return false }
            branch.q = number
        case .flags: branch.flags = UInt32(truncatingIfNeeded: number)
        default: branch.target.connection = number > 0 ? Int64(number) : -1
        }
        return true
    }

    private static func text(_ bytes: [UInt8]) -> ScriptValue {
        bytes.isEmpty ? .null : .text(.owned(bytes))
    }
}

/// `$branch(name)` and `$sbranch(name)`.
enum BranchVariable {
    /// `$branch(name)`: the first branch beside the request's own, or the one of an index.
    static func access(_ reference: VariableReference) throws(ArgumentError) -> VariableAccess {
        let field = try reference.word(BranchField.self)
        let index = reference.index
        return VariableAccess(
            read: { context in
                // Without branches every field is null, their number as well.
                if field == .count, !context.branches.isEmpty {
                    return .integer(context.branches.count)
                }
                guard let place = place(index, context) else { return .null }
                return field.read(context.branches[place], context)
            },
            write: { context, value in
                guard let place = place(index, context) else { return false }
                if field == .uri, case .null = value {
                    context.branches.remove(at: place)
                    return true
                }
                return field.write(&context.branches[place], value, context)
            })
    }

    private static func place(
        _ index: VariableReference.Index?, _ context: ScriptContext
    ) -> Int? {
        guard var place = index == nil ? 0 : index?.number(context) else { return nil }
        if place < 0 { place += context.branches.count }
        return context.branches.indices.contains(place) ? place : nil
    }

    /// `$br`: the URI of the first branch; an assignment adds a branch.
    static var first: VariableAccess {
        VariableAccess(
            read: { $0.branches.first.map { .text(.owned($0.uri)) } ?? .null },
            write: { context, value in
                var branch = ScriptBranch(uri: [], destination: nil, q: -1, flags: 0)
                guard BranchField.uri.write(&branch, value, context) else { return false }
                return context.append(branch)
            })
    }

    /// `$bR`: all branches as the value of a Contact field.
    @Sendable static func all(_ context: ScriptContext) -> ScriptValue {
        guard !context.branches.isEmpty else { return .null }
        return .text(context.compose { write(context.branches, into: &$0) })
    }

    /// `$ds`: all branches as a Contact field.
    @Sendable static func destinationSet(_ context: ScriptContext) -> ScriptValue {
        guard !context.branches.isEmpty else { return .null }
        return .text(
            context.compose { writer in
                writer.append("Contact: ")
                write(context.branches, into: &writer)
            })
    }

    private static func write(_ branches: [ScriptBranch], into writer: inout ByteWriter) {
        for (place, branch) in branches.enumerated() {
            if place > 0 { writer.append(", ") }
            writer.append("<")
            writer.append(branch.uri)
            writer.append(">")
            guard branch.q >= 0 else { continue }
            writer.append(";q=")
            writeQ(branch.q, into: &writer)
        }
    }

    /// A priority without the zeroes that mean nothing: 500 is 0.5.
    private static func writeQ(_ q: Int, into writer: inout ByteWriter) {
        guard q > 0, q < 1000 else {
            writer.append(decimal: q / 1000)
            return
        }
        var digits = q
        var count = 3
        while digits % 10 == 0 {
            digits /= 10
            count -= 1
        }
        writer.append("0.")
        var leading = digits
        while leading < [0, 1, 10, 100][count] {
            writer.append("0")
            leading = leading == 0 ? .max : leading * 10
        }
        writer.append(decimal: digits)
    }
}

extension ScriptContext {
    /// Adds a branch; false when there are too many.
    func append(_ branch: ScriptBranch) -> Bool {
        guard branches.count < Limits.branchesMax else { return false }
        branches.append(branch)
        return true
    }

    /// A socket as scripts name it: `udp:127.0.0.1:5060`; null for none.
    func socketName(_ socket: SocketIndex) -> ScriptValue {
        guard let found = listeningSocket(socket) else { return .null }
        return .string(found.name)
    }

    /// The socket that listens, nil for none.
    func listeningSocket(_ socket: SocketIndex) -> ListeningSocket? {
        let sockets = services.sockets
        guard !socket.isNone, Int(socket.value) < sockets.count else { return nil }
        return sockets[Int(socket.value)]
    }

    /// The socket of a name, none for null; nil when the server listens on no such socket.
    ///
    /// The transport may be left out, as in Kamailio: then the first of the address is meant.
    func socket(named value: ScriptValue) -> SocketIndex? {
        guard case .text(let text) = value else {
            if case .null = value { return SocketIndex.none }
            return nil
        }
        let name = string(text)
        let place = services.sockets.firstIndex { socket in
            socket.name == name
                || socket.name.dropFirst(socket.transport.name.utf8CodeUnitCount + 1) == name
        }
        return place.map { SocketIndex($0) }
    }
}
