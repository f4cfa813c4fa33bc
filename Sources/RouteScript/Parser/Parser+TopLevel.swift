internal import Basics
internal import ModuleKit

/// Statements outside of route blocks.
extension Parser {
    /// The next statement outside of blocks.
    ///
    /// Statements outside of blocks need no semicolon (script.md 3), so each must know by its own
    /// grammar where it ends: addresses by their line, all others by their last token.
    mutating func topLevel() throws(ScriptError) {
        let place = current.position
        guard current.kind == .word else {
            if try take(.semicolon) { return }
            if at(.closeBrace) {
                throw failure(.syntax, at: place, "this \"}\" closes no block")
            }
            throw unexpected("expected a setting, a module or a route block")
        }
        switch current.text {
        case "loadmodule", "loadmodulex": try loadModule(at: place)
        case "modparam", "modparamx": try moduleParameter(at: place)
        case "loadpath", "mpath": try ignored(at: place)
        case "cfgengine": try engine(at: place)
        case "listen": try listen()
        case "alias": try aliases()
        case "port": try port(at: place)
        case "flags": try flags()
        case "avpflags", "socket":
            throw failure(
                .unsupported, at: place, "\"\(current.text)\" is not supported",
                hint: Self.instead[current.text])
        case let word where Self.blockWords.contains(word): try routeBlock(at: place)
        default: try setting(at: place)
        }
    }

    /// What to write instead of statements that are not supported.
    ///
    /// What is not supported is refused by its name and with what to write instead. Skipping it
    /// would start a server that does less than its configuration says.
    private static let instead = ["socket": "use listen = …"]

    // MARK: Modules

    /// `loadmodule "name.so"`, with or without parentheses.
    ///
    /// Options tell Kamailio's loader how to open a library; modules are part of this program, so
    /// they are noted and mean nothing.
    private mutating func loadModule(at place: Position) throws(ScriptError) {
        let isExpanded = current.text == "loadmodulex"
        try advance()
        let isCall = try take(.openParenthesis)
        guard current.kind == .string else {
            throw unexpected("expected the module's name in quotes")
        }
        let written = isExpanded ? try expanded(current.text) : current.text
        let name = Self.moduleName(written)
        let position = current.position
        tree.settings.append(.loadModule(name, position))
        // Defined before the next token is read: what follows may be #!ifdef MOD_name.
        _ = lexer.definitions.set("MOD_\(name)", [])
        try advance()
        guard isCall else { return }
        if try take(.comma) {
            guard current.kind == .string else { throw unexpected("expected options in quotes") }
            tree.settings.append(.ignored("options of loadmodule", current.position))
            try advance()
        }
        try expect(.closeParenthesis, "behind the module's name")
    }

    /// The name of a module without its path and without `.so`.
    ///
    /// Configurations carry paths of the machine that they were written for; only the last part
    /// names the module.
    static func moduleName(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.hasSuffix(".so") ? String(name.dropLast(3)) : name
    }

    /// `modparam("modules", "name", value)`.
    ///
    /// The position is that of the modules' names: they are what most errors about it are about.
    private mutating func moduleParameter(at place: Position) throws(ScriptError) {
        let isExpanded = current.text == "modparamx"
        try advance()
        try expect(.openParenthesis, "behind \"\(isExpanded ? "modparamx" : "modparam")\"")
        let position = current.position
        let modules = try quoted("the modules' names", isExpanded: isExpanded)
        try expect(.comma, "between arguments")
        let name = try quoted("the parameter's name", isExpanded: isExpanded)
        try expect(.comma, "between arguments")
        let value = try isExpanded ? expandedConstant() : constant()
        try expect(.closeParenthesis, "behind the value")
        tree.settings.append(.parameter(modules: modules, name: name, value: value, position))
    }

    /// A string that must be next.
    ///
    /// With `isExpanded` it may hold variables that are known before the start.
    private mutating func quoted(
        _ purpose: String, isExpanded: Bool = false
    ) throws(ScriptError) -> String {
        guard current.kind == .string else { throw unexpected("expected \(purpose) in quotes") }
        let text = isExpanded ? try expanded(current.text) : current.text
        try advance()
        return text
    }

    /// A string or an integer, with its sign.
    ///
    /// A bare word is nearly always a definition that is missing, so the message asks for it. Only
    /// the words for 1 and 0 are numbers (script.md 1).
    mutating func constant() throws(ScriptError) -> SettingValue {
        let isNegative = try take(.minus)
        switch current.kind {
        case .number(let number):
            try advance()
            return .integer(isNegative ? -number : number)
        case .string where !isNegative:
            let text = current.text
            try advance()
            return .string(text)
        case .word where !isNegative:
            guard let number = Self.switchWords[current.text] else { break }
            try advance()
            return .integer(number)
        default: break
        }
        throw unexpected(
            "expected a string or an integer",
            hint: current.kind == .word ? "put it in quotes, or is a #!define missing?" : nil)
    }

    /// A statement that means nothing here: modules are part of the program.
    ///
    /// They tell where libraries lie. They are noted for the log rather than passed over, so that
    /// an operator who changes them learns that nothing will come of it.
    private mutating func ignored(at place: Position) throws(ScriptError) {
        let name = current.text
        try advance()
        _ = try take(.assign)
        _ = try quoted("a folder")
        tree.settings.append(.ignored(name, place))
    }

    /// `cfgengine`: which language messages run.
    ///
    /// The check knows whether the module is loaded that brings it.
    private mutating func engine(at place: Position) throws(ScriptError) {
        try advance()
        _ = try take(.assign)
        let name = try quoted("the engine's name")
        guard ["native", "kamailio", "lua"].contains(name) else {
            throw failure(
                .unsupported, at: place, "the engine \"\(name)\" is not supported",
                hint: "\"native\", the language of this file, and \"lua\" are")
        }
        tree.engine = (name == "kamailio" ? "native" : name, place)
    }

    // MARK: Settings

    /// `name = value`, or a runtime variable with its group.
    ///
    /// A name that is followed by neither `=`, `.` nor `[` is most likely a statement that was
    /// mistyped, and its neighbours are suggested.
    private mutating func setting(at place: Position) throws(ScriptError) {
        let name = current.text
        try advance()
        if at(.dot) { return try custom(group: name, at: place) }
        if at(.openBracket) {
            throw failure(
                .unsupported, at: current.position,
                "instances of groups (\(name)[n].name) are not supported")
        }
        guard try take(.assign) else {
            let words = Self.blockWords.union(["loadmodule", "modparam", "include_file"])
            throw failure(
                .syntax, at: place, "\"\(name)\" begins no statement here",
                hint: lexer.suggestion(name, words) ?? "a setting is written name = value")
        }
        let value = try value()
        tree.settings.append(.global(name: name, value: value, place))
    }

    /// A string, an integer, a word such as `yes`, or what an address is written like.
    ///
    /// The value of a setting may be a bare address or path, as in `log_facility=LOG_LOCAL0` or
    /// `user=sip-server`, because Kamailio reads such settings with a grammar of their own each.
    private mutating func value() throws(ScriptError) -> SettingValue {
        if at(.minus) || current.kind == .end { return try constant() }
        let first = current
        if case .string = first.kind { return try constant() }
        guard case let text = try spelling(), !text.isEmpty else {
            throw unexpected("expected a value")
        }
        if case .number(let number) = first.kind, text == first.text { return .integer(number) }
        if let number = Self.switchWords[text] { return .integer(number) }
        return .string(text)
    }

    /// Words and numbers with the dots, colons and dashes that hold them together.
    mutating func spelling() throws(ScriptError) -> String {
        var text = ""
        while text.isEmpty || current.isGlued {
            switch current.kind {
            case .word, .number, .string: text += current.text
            case .symbol(let symbol) where Self.joints.contains(symbol): text += symbol.rawValue
            default: return text
            }
            try advance()
        }
        return text
    }

    /// Neither `=` nor brackets of blocks: a value never runs into the statement behind it.
    private static let joints: Set<Symbol> = [
        .dot, .colon, .minus, .slash, .star, .openBracket, .closeBracket,
    ]

    /// The rest of a runtime variable, whose group has been read.
    ///
    /// They live apart from the parameters of modules: `cfg.*` commands change them, and scripts
    /// read them by group and name.
    private mutating func custom(group: String, at place: Position) throws(ScriptError) {
        try advance()
        guard current.kind == .word else { throw unexpected("expected the variable's name") }
        let name = current.text
        try advance()
        try expect(.assign, "behind the variable's name")
        let value = try constant()
        var summary = ""
        if ["desc", "descr", "description"].contains(current.text), current.kind == .word {
            try advance()
            summary = try quoted("the description")
        }
        tree.settings.append(
            .custom(group: group, name: name, value: value, summary: summary, place))
    }

    /// `port = number`.
    private mutating func port(at place: Position) throws(ScriptError) {
        try advance()
        try expect(.assign, "behind \"port\"")
        guard case .number(let port) = current.kind, (1...65_535).contains(port) else {
            throw unexpected("expected a port from 1 to 65535")
        }
        try advance()
        tree.settings.append(.port(port, place))
    }

    /// `flags NAME:number, NAME`.
    ///
    /// Numbers are those of the 32 bits that a message carries. A flag without a number gets a free
    /// one when the script is compiled, since later declarations may still claim theirs.
    private mutating func flags() throws(ScriptError) {
        repeat {
            try advance()
            let place = current.position
            guard current.kind == .word else { throw unexpected("expected the flag's name") }
            let name = current.text
            try advance()
            var number: Int?
            if try take(.colon) {
                guard case .number(let given) = current.kind, (0...31).contains(given) else {
                    throw unexpected("expected a flag's number from 0 to 31")
                }
                number = given
                try advance()
            }
            tree.settings.append(.flag(name: name, number: number, place))
        } while at(.comma)
    }

    // MARK: Addresses

    /// Whether another address follows: a list of them stands on one line.
    ///
    /// A list ends with its line because words may follow on the next one that are statements, and
    /// statements begin with words just as addresses do.
    private func atAddress(on line: Int32) -> Bool {
        guard current.position.line == line else { return false }
        switch current.kind {
        case .word, .number, .string, .symbol(.openBracket), .symbol(.star): return true
        default: return false
        }
    }

    /// `listen = …`, one or several addresses on a line.
    ///
    /// `virtual` is refused: a server that listened on an address which is not its own yet would
    /// have to bind again when it becomes so.
    private mutating func listen() throws(ScriptError) {
        try advance()
        try expect(.assign, "behind \"listen\"")
        repeat {
            let place = current.position
            var directive = ListenAddress(try address())
            while current.kind == .word {
                if at(word: "advertise") {
                    try advance()
                    directive.advertised = try address()
                } else if at(word: "name") {
                    try advance()
                    directive.name = try quoted("the socket's name")
                } else if at(word: "virtual") {
                    throw failure(
                        .unsupported, at: current.position,
                        "virtual sockets are not supported")
                } else {
                    break
                }
            }
            tree.settings.append(.listen(directive, place))
        } while atAddress(on: previousEnd.line)
    }

    /// `alias = …`, one or several names on a line.
    private mutating func aliases() throws(ScriptError) {
        try advance()
        try expect(.assign, "behind \"alias\"")
        repeat {
            let place = current.position
            tree.settings.append(.alias(try address(), place))
        } while atAddress(on: previousEnd.line)
    }

    /// `[transport:]host[:port]`, in quotes or not.
    private mutating func address() throws(ScriptError) -> HostAddress {
        let place = current.position
        if at(.openParenthesis) {
            throw failure(
                .unsupported, at: place, "sockets with several addresses are not supported")
        }
        let text = try spelling()
        guard !text.isEmpty else { throw unexpected("expected an address") }
        guard let address = HostAddress(text) else {
            throw failure(
                .value, at: place, "\"\(text)\" is no address",
                hint: "write [transport:]host[:port], IPv6 in brackets")
        }
        return address
    }

    // MARK: Route blocks

    /// A route block with its head.
    private mutating func routeBlock(at place: Position) throws(ScriptError) {
        let word = current.text
        try advance()
        var name: String?
        let namePlace = current.position
        if try take(.openBracket) {
            name = try spelledName()
            try expect(.closeBracket, "behind the name of the block")
        }
        let kind = try blockKind(word, name, at: namePlace)
        guard at(.openBrace) else { throw unexpected("expected \"{\" behind \(kind.text)") }
        let body = try block()
        tree.blocks.append(RouteBlock(kind: kind, position: place, body: body))
    }

    /// The name in brackets, put together from its tokens.
    ///
    /// Names of events hold colons and dashes, which are tokens of their own: they are joined
    /// again, with no regard to white space.
    private mutating func spelledName() throws(ScriptError) -> String {
        var text = ""
        while !at(.closeBracket) {
            switch current.kind {
            case .word, .number, .string: text += current.text
            case .symbol(.colon): text += ":"
            case .symbol(.minus): text += "-"
            case .symbol(.dot): text += "."
            default: throw unexpected("expected the name of the block")
            }
            try advance()
        }
        return text
    }

    /// What a head means: some kinds need a name, some have none.
    ///
    /// `route[0]`, `route` and `request_route` are one block under three names (script.md 4), and
    /// so are the three of replies. Events need a colon, the rest of their name is checked against
    /// the modules.
    private func blockKind(
        _ word: String, _ name: String?, at place: Position
    ) throws(ScriptError) -> RouteBlockKind {
        switch (word, name) {
        case ("request_route", nil), ("route", nil), ("route", "0"): return .request
        case ("reply_route", nil), ("onreply_route", nil), ("onreply_route", "0"): return .reply
        case ("onsend_route", nil): return .send
        case ("route", let name?) where !name.isEmpty: return .named(name)
        case ("onreply_route", let name?) where !name.isEmpty: return .transactionReply(name)
        case ("failure_route", let name?) where !name.isEmpty: return .failure(name)
        case ("branch_route", let name?) where !name.isEmpty: return .branch(name)
        case ("event_route", let name?) where name.contains(":"): return .event(name)
        case ("event_route", _):
            throw failure(
                .syntax, at: place, "an event route names its event",
                hint: "write event_route[module:event]")
        case ("request_route", _), ("reply_route", _), ("onsend_route", _):
            throw failure(.syntax, at: place, "\(word) has no name")
        default: throw failure(.syntax, at: place, "\(word) needs a name in brackets")
        }
    }
}

extension HostAddress {
    /// Reads `[transport:]host[:port]`; nil when the text has another form.
    ///
    /// The transport is recognised by name, so `udp:5060` is the host 5060 on UDP, and a host that
    /// is called like a transport has to be written with one.
    init?(_ text: String) {
        var rest = Substring(text)
        var transport: TransportProtocol?
        if let colon = rest.firstIndex(of: ":") {
            let word = rest[..<colon].lowercased()
            if let named = TransportProtocol.allCases.first(where: { "\($0.name)" == word }) {
                transport = named
                rest = rest[rest.index(after: colon)...]
            }
        }
        var host = rest
        var port: Int?
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            host = rest[rest.index(after: rest.startIndex)..<close]
            rest = rest[rest.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest[host.endIndex...]
        }
        if rest.hasPrefix(":") {
            guard let number = Int(rest.dropFirst()), (1...65_535).contains(number) else {
                return nil
            }
            port = number
        }
        guard !host.isEmpty, !host.contains("/") else { return nil }
        self.init(transport: transport, host: String(host), port: port)
    }
}
