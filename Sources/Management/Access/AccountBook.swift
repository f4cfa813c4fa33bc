internal import Basics
internal import Digest
internal import Synchronization

/// Who may use the HTTP port, and as what.
public struct Account: Sendable, Equatable {
    /// Its name, for the record of changes.
    public var name: String
    /// What it may do.
    public var role: AccessRole
    /// An account.
    public init(name: String, role: AccessRole) {
        self.name = name
        self.role = role
    }
}

/// The users and tokens of the HTTP port, with hashes of their secrets.
///
/// A password is derived once and then known by a keyed digest for as long as it is among the last
/// `Limits.checkedCredentialsMax`; one derivation runs at a time, so that a crowd of guesses does
/// not take the memory or the processors of a server that has telephones to serve.
public final class AccountBook: Sendable {
    /// One account and its secret.
    private struct Entry: Sendable {
        var account: Account
        var secret: SecretHash
    }

    private let users: [String: Entry]
    private let tokens: [Entry]
    private let key = KeyedDigest()
    /// What was found right, by the keyed digest of name and password, oldest first.
    private let checked = Guarded<(accounts: [[UInt8]: Account], order: [[UInt8]])>(([:], []))
    /// Held while a password is derived.
    private let deriving = Guarded<Void>(())
    /// What an unknown user's password is derived with: the answer must not say who exists.
    private let decoy = SecretHash(token: Array("nobody".utf8))

    /// Nobody: the port asks for no credentials.
    public init() {
        users = [:]
        tokens = []
    }

    /// The accounts that the lines of a configuration give.
    ///
    /// - Parameters:
    ///   - users: `NAME:ROLE:HASH` each.
    ///   - tokens: `NAME:ROLE:HASH` each.
    ///   - roles: `NAME: WORD, WORD ...` each; see `AccessRole`.
    /// - Throws: The first line that is wrong, without its hash.
    public init(
        users: [String], tokens: [String], roles: [String]
    ) throws(AccountError) {
        let roles = try Self.roles(roles)
        guard users.count <= Limits.accountsMax, tokens.count <= Limits.accountsMax else {
            throw AccountError("more than \(Limits.accountsMax) users or tokens")
        }
        var known: [String: Entry] = [:]
        for line in users {
            let entry = try Self.entry(line, roles)
            guard known.updateValue(entry, forKey: entry.account.name) == nil else {
                throw AccountError("user \"\(entry.account.name)\" is there twice")
            }
        }
        self.users = known
        var list: [Entry] = []
        for line in tokens {
            let entry = try Self.entry(line, roles)
            guard !entry.secret.isSlow else {
                throw AccountError(
                    "token \"\(entry.account.name)\": use roost hash-password --token")
            }
            list.append(entry)
        }
        self.tokens = list
    }

    /// Whether there is none: then the port asks for no credentials.
    public var isEmpty: Bool { users.isEmpty && tokens.isEmpty }
    /// Whether there are users with passwords.
    var hasUsers: Bool { !users.isEmpty }
    /// Whether there are tokens.
    var hasTokens: Bool { !tokens.isEmpty }

    /// The account that the value of an Authorization field belongs to; nil for none.
    ///
    /// Without `derives` a password is only recognised when it was found right before, which costs
    /// nothing.
    public func account(authorization: String, derives: Bool = true) -> Account? {
        guard authorization.utf8.count <= Limits.httpFieldBytesMax,
            let credentials = Credentials(field: authorization)
        else { return nil }
        switch credentials {
        case .token(let token):
            guard token.count <= Limits.credentialBytesMax else { return nil }
            var found: Account?
            // To the end, also when it was found: the time must not tell its place.
            for entry in tokens where entry.secret.matches(token) { found = entry.account }
            return found
        case .password(let user, let password):
            guard password.count <= Limits.credentialBytesMax else { return nil }
            return account(user, password, derives: derives)
        }
    }

    // MARK: Passwords

    private func account(_ user: String, _ password: [UInt8], derives: Bool) -> Account? {
        let digest = key.digest(Array(user.utf8) + [0] + password)
        if let known = checked.withLock({ $0.accounts[digest] }) { return known }
        guard derives else { return nil }
        let entry = users[user]
        // An unknown user costs as much as a known one.
        let secret = entry?.secret ?? users.first?.value.secret ?? decoy
        let isRight = deriving.withLock { _ in secret.matches(password) }
        guard isRight, let entry else { return nil }
        checked.withLock { checked in
            guard checked.accounts.updateValue(entry.account, forKey: digest) == nil else { return }
            checked.order.append(digest)
            guard checked.order.count > Limits.checkedCredentialsMax else { return }
            checked.accounts[checked.order.removeFirst()] = nil
        }
        return entry.account
    }

    // MARK: Lines

    private static func roles(_ lines: [String]) throws(AccountError) -> [String: AccessRole] {
        var roles = ["read": AccessRole.read, "control": AccessRole.control]
        guard lines.count <= Limits.accountsMax else {
            throw AccountError("more than \(Limits.accountsMax) roles")
        }
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = parts.first.map(String.init) ?? ""
            guard parts.count == 2, isName(name),
                let role = AccessRole(name: name, words: String(parts[1]))
            else {
                throw AccountError(
                    "role \"\(line)\": expected NAME: WORDS, such as "
                        + "\"support: read, ul.*, !ul.flush\"")
            }
            guard roles.updateValue(role, forKey: name) == nil else {
                throw AccountError("role \"\(name)\" is there twice")
            }
        }
        return roles
    }

    /// An error shows no hash: lines of the log travel further than configuration files.
    private static func entry(
        _ line: String, _ roles: [String: AccessRole]
    ) throws(AccountError) -> Entry {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, isName(String(parts[0])) else {
            throw AccountError("expected NAME:ROLE:HASH, made by roost hash-password")
        }
        let name = String(parts[0])
        guard let role = roles[String(parts[1])] else {
            throw AccountError(
                "\"\(name)\": there is no role \"\(parts[1])\"; there are "
                    + roles.keys.sorted().joined(separator: ", "))
        }
        guard let secret = SecretHash(text: String(parts[2])) else {
            throw AccountError("\"\(name)\": no hash follows; make one with roost hash-password")
        }
        return Entry(account: Account(name: name, role: role), secret: secret)
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    }
}

/// What is wrong with a user, a token or a role.
public struct AccountError: Error, Sendable, Hashable {
    /// In words, with what to do about it.
    public var message: String
    /// An error.
    init(_ message: String) { self.message = message }
}
