internal import Basics
internal import ModuleKit

/// Expressions, by the precedence of their operators.
extension Parser {
    /// An expression; assignments only stand in parentheses within one.
    ///
    /// So `if ($x = 1)` is an assignment, whose value is tested, and `if $x = 1` is an error: the
    /// second is nearly always a comparison that was mistyped.
    mutating func expression() throws(ScriptError) -> Expression {
        try binary(above: 0)
    }

    /// `$x = value`, or an expression where no `=` follows the variable.
    ///
    /// It leans to the right, `$x = $y = 1` sets both. `+=` is a token of Kamailio's that no
    /// statement uses (script.md 5); a message of its own keeps people from looking for the mistake
    /// elsewhere.
    mutating func assignment() throws(ScriptError) -> Expression {
        let left = try expression()
        guard at(.assign) || at(.plusAssign) else { return left }
        let place = current.position
        guard at(.assign) else {
            throw failure(.syntax, at: place, "\"+=\" is not part of the language")
        }
        try advance()
        guard case .variable(let variable) = left.kind else {
            throw failure(
                .syntax, at: left.position, "only a pseudo-variable can be assigned to",
                hint: "a comparison is written ==")
        }
        let value = try nested { (parser) throws(ScriptError) in try parser.assignment() }
        return try bounded(Expression(.assignment(variable, value), at: left.position))
    }

    /// Operators that bind tighter than `level`, from left to right.
    ///
    /// Precedence climbing: each level takes what binds tighter as its right operand and leaves the
    /// rest to its caller, so equal levels lean to the left.
    private mutating func binary(above level: Int) throws(ScriptError) -> Expression {
        var left = try unary()
        while let operation = BinaryOperator(current), operation.precedence > level {
            let place = current.position
            try advance()
            let right = try nested { (parser) throws(ScriptError) in
                try parser.binary(above: operation.precedence)
            }
            left = try bounded(Expression(.binary(operation, left, right), at: place))
        }
        return left
    }

    /// An expression that is not too deep for those who walk it.
    private func bounded(_ expression: Expression) throws(ScriptError) -> Expression {
        guard expression.depth <= Limits.scriptDepthMax else {
            throw failure(
                .limit, at: expression.position,
                "the expression has more than \(Limits.scriptDepthMax) operators in a row")
        }
        return expression
    }

    /// An operand with the operators before it.
    ///
    /// `!` binds tighter than `==` here: `!$x == 1` negates `$x` and then compares. It surprises,
    /// but a parser that helped would run configurations differently from Kamailio.
    private mutating func unary() throws(ScriptError) -> Expression {
        let place = current.position
        let operation: UnaryOperator
        let level: Int
        switch (current.kind, current.text) {
        case (.symbol(.not), _), (.word, "not"): (operation, level) = (.not, 13)
        case (.symbol(.minus), _): (operation, level) = (.negate, 13)
        case (.symbol(.tilde), _): (operation, level) = (.complement, 13)
        case (.word, "defined"): (operation, level) = (.defined, 14)
        default: return try primary()
        }
        try advance()
        let operand = try nested { (parser) throws(ScriptError) in
            try parser.binary(above: level - 1)
        }
        return try bounded(Expression(.unary(operation, operand), at: place))
    }

    /// An operand: a literal, a variable, a group, an address or a word.
    private mutating func primary() throws(ScriptError) -> Expression {
        let token = current
        switch token.kind {
        case .number(let number):
            try advance()
            if at(.dot), current.isGlued { return try address(token) }
            return Expression(.integer(number), at: token.position)
        case .string:
            try advance()
            return Expression(.string(token.text), at: token.position)
        case .variable:
            let variable = try variable(token)
            try advance()
            return Expression(.variable(variable), at: token.position)
        case .symbol(.openParenthesis): return try group()
        case .symbol(.openBracket): return try bracketedAddress()
        case .symbol(.openBrace):
            return Expression(.block(try block()), at: token.position)
        case .symbol(.at): return try select()
        case .word:
            return try call(at: token.position)
        default: throw unexpected("expected a value")
        }
    }

    /// `@name.name[index]["key"]`: a select, put together from what is glued.
    ///
    /// A dot with white space around it concatenates, as between other operands.
    private mutating func select() throws(ScriptError) -> Expression {
        let place = current.position
        try advance()
        guard current.kind == .word, current.isGlued else {
            throw unexpected("expected the name of a select behind \"@\"")
        }
        var text = current.text
        try advance()
        while current.isGlued, at(.dot) || at(.openBracket) {
            if try take(.dot) {
                guard current.kind == .word, current.isGlued else {
                    throw unexpected("expected a name behind the dot of a select")
                }
                text += "." + current.text
                try advance()
                continue
            }
            try advance()
            text += "[" + (try selectIndex()) + "]"
            try expect(.closeBracket, "behind the index of a select")
        }
        return Expression(.select(text), at: place)
    }

    /// What stands in the brackets of a select: a number, `*` or a string.
    private mutating func selectIndex() throws(ScriptError) -> String {
        let sign = try take(.minus) ? "-" : ""
        let text: String
        switch current.kind {
        case .number: text = sign + current.text
        case .string where sign.isEmpty: text = "\"\(current.text)\""
        case .word where sign.isEmpty: text = "\"\(current.text)\""
        default: throw unexpected("expected a number or a string in the brackets of a select")
        }
        try advance()
        return text
    }

    /// Takes a pseudo-variable's token apart.
    private func variable(_ token: Token) throws(ScriptError) -> VariableSyntax {
        do {
            return try VariableSyntax.parse(token.text)
        } catch {
            throw failure(.syntax, at: token.position, error.message)
        }
    }

    /// `( … )`: a group, an assignment as a value, or a cast.
    private mutating func group() throws(ScriptError) -> Expression {
        let place = current.position
        try advance()
        if at(word: "int") || at(word: "str") {
            let operation: UnaryOperator = at(word: "int") ? .integer : .string
            try advance()
            try expect(.closeParenthesis, "behind the type of a cast")
            let operand = try nested { (parser) throws(ScriptError) in
                try parser.binary(above: 14)
            }
            return try bounded(Expression(.unary(operation, operand), at: place))
        }
        let inner = try nested { (parser) throws(ScriptError) in try parser.assignment() }
        try expect(.closeParenthesis, "behind the expression")
        return inner
    }

    /// A word: a number, an attribute, a call, a route, or a name that stands for itself.
    ///
    /// It is also how a statement begins, so that commands without their parentheses, which the
    /// language allows, are recognised here in one place.
    mutating func call(at place: Position) throws(ScriptError) -> Expression {
        let name = current.text
        try advance()
        if at(.openParenthesis) {
            if name == "route" { return try route(at: place) }
            return try arguments(of: name, at: place)
        }
        if name == "route", at(.openBracket) || at(.openBrace) {
            throw failure(
                .syntax, at: place, "a route block cannot begin within another",
                hint: "is a \"}\" missing before it?")
        }
        if let number = Self.switchWords[name] { return Expression(.integer(number), at: place) }
        if name == "msg", at(.colon), current.isGlued {
            try advance()
            guard at(word: "len") else { throw unexpected("expected msg:len") }
            try advance()
            return Expression(.attribute(.messageLength), at: place)
        }
        if let attribute = Attribute(rawValue: name) {
            return Expression(.attribute(attribute), at: place)
        }
        // A statement that is a bare word is a command without its parentheses.
        if at(.semicolon), CoreCommand.names.contains(name) {
            return Expression(.call(Call(name: name, arguments: [])), at: place)
        }
        return Expression(.word(name), at: place)
    }

    /// Words that stand for 1 and 0.
    static let switchWords = [
        "yes": 1, "true": 1, "on": 1, "enable": 1, "no": 0, "false": 0, "off": 0, "disable": 0,
    ]

    /// `route(NAME)`: bare words and numbers are names.
    ///
    /// A bare word that is a keyword of the language is a name here, and so is a number. Anything
    /// else is an expression that is evaluated at each call.
    private mutating func route(at place: Position) throws(ScriptError) -> Expression {
        try advance()
        var target = try nested { (parser) throws(ScriptError) in try parser.expression() }
        switch target.kind {
        case .word(let name): target = Expression(.string(name), at: target.position)
        case .integer(let number):
            target = Expression(.string(String(number)), at: target.position)
        default: break
        }
        try expect(.closeParenthesis, "behind the name of the route")
        return try bounded(Expression(.route(target), at: place))
    }

    /// The arguments of a call, whose name has been read.
    private mutating func arguments(
        of name: String, at place: Position
    ) throws(ScriptError) -> Expression {
        try advance()
        let list = try nested { (parser) throws(ScriptError) in
            var list: [Expression] = []
            while !parser.at(.closeParenthesis) {
                if !list.isEmpty { try parser.expect(.comma, "between arguments") }
                let isAddress = CoreCommand.addressNames.contains(name)
                list.append(try isAddress ? parser.bareAddress() : parser.expression())
            }
            return list
        }
        try advance()
        return try bounded(
            Expression(.call(Call(name: name, arguments: list)), at: place))
    }

    // MARK: Addresses

    /// An address as an argument, in quotes or not: `udp:10.0.0.1:5060`.
    private mutating func bareAddress() throws(ScriptError) -> Expression {
        let place = current.position
        switch current.kind {
        case .variable, .string: return try expression()
        default: break
        }
        let text = try spelling()
        guard !text.isEmpty else { throw unexpected("expected an address") }
        return Expression(.string(text), at: place)
    }

    /// An IPv4 address or network, whose first number has been read.
    private mutating func address(_ first: Token) throws(ScriptError) -> Expression {
        var text = first.text
        var dots = 0
        while current.isGlued {
            switch current.kind {
            case .symbol(.dot):
                text += "."
                dots += 1
            case .symbol(.slash) where dots == 3 && !text.contains("/"): text += "/"
            case .number, .word: text += current.text
            default: return Expression(.word(text), at: first.position)
            }
            try advance()
        }
        return Expression(.word(text), at: first.position)
    }

    /// `[2001:db8::1]`, with the length of a network behind it if there is one.
    ///
    /// A name in brackets is put together from what is between them without regard to white space;
    /// whether it is an address is found out when it is compared.
    private mutating func bracketedAddress() throws(ScriptError) -> Expression {
        let place = current.position
        var text = "["
        try advance()
        while !at(.closeBracket) {
            switch current.kind {
            case .number, .word: text += current.text
            case .symbol(.colon): text += ":"
            case .symbol(.dot): text += "."
            default: throw unexpected("expected an IPv6 address in the brackets")
            }
            try advance()
        }
        text += "]"
        try advance()
        if at(.slash), current.isGlued {
            try advance()
            text += "/" + current.text
            try advance()
        }
        return Expression(.word(text), at: place)
    }
}
