internal import Basics
internal import Glibc

/// Who calls: nothing that is in here is ever printed.
public enum Credentials: Sendable, Hashable {
    /// Nobody in particular.
    case none
    /// A user with a password (RFC 7617).
    case user(name: String, password: String)
    /// A token (RFC 6750).
    case token(String)

    /// The value of the Authorization field; nil for nobody.
    var authorization: String? {
        switch self {
        case .none: nil
        case .user(let name, let password):
            "Basic " + Self.base64(Array("\(name):\(password)".utf8))
        case .token(let token): "Bearer \(token)"
        }
    }

    /// Checks a name: a colon would end it (RFC 7617 2), a control character the header line.
    static func checked(name: String) throws(ControlError) -> String {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x3A }) else {
            throw ControlError(.usage, "a user's name has no colon and no control characters")
        }
        return name
    }

    /// Checks a token: it goes into the head of a request as it is.
    static func checked(token: String) throws(ControlError) -> Credentials {
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ControlError(.usage, "what was given as a token is none")
        }
        return .token(token)
    }

    /// Base64 with padding (RFC 4648 4).
    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let group = bytes[place..<min(place + 3, bytes.count)]
            let bits = (0..<3).reduce(UInt32(0)) { bits, index in
                let byte = index < group.count ? group[place + index] : 0
                return bits << 8 | UInt32(byte)
            }
            for digit in 0..<4 {
                let value = Int(bits >> (18 - 6 * UInt32(digit)) & 63)
                result.append(digit <= group.count ? digits[value] : UInt8(ascii: "="))
            }
            place += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// A file that holds one secret: its first line, and nobody else may read it.
enum SecretFile {
    /// Reads the secret.
    ///
    /// A file that everyone on the machine may read keeps nothing secret, so it is refused, as ssh
    /// refuses such keys; a group may share one. Pipes and terminals have no such mode that
    /// matters.
    static func read(_ path: String) throws(ControlError) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw ControlError(.usage, "\(path): \(unsafe String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else {
            throw ControlError(.usage, "\(path): \(unsafe String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o007 != 0 {
            throw ControlError(
                .usage, "everyone on this machine may use \(path): run chmod o= \(path) first")
        }
        let line = readAll(file).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty else { throw ControlError(.usage, "\(path) has no first line") }
        guard line.count <= Limits.secretBytesMax else {
            throw ControlError(
                .usage, "the first line of \(path) is too long to be a password or a token")
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Up to a little more than a secret may have.
    private static func readAll(_ file: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Limits.secretBytesMax + 2)
        while bytes.count <= Limits.secretBytesMax {
            let count = unsafe Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
