import ModuleKit
import RouteScript
import Testing

/// Pseudo-variables within the name or the index of another one.
struct DynamicPartsTests {
    private let message = Harness.register.replacing(
        "X-Number: 42\n", with: "X-Number: 42\nX-Many: one\nX-Many: two\nX-Many: three\n")

    @Test(
        "a name or an index is worked out for each message",
        arguments: [
            ("$field($var(name))", "one"),
            ("$(field($var(name))[1])", "two"),
            ("$(field($var(name))[$var(i)])", "three"),
            ("$(field(X-Many)[$var(i)])", "three"),
            ("$(field(X-Many)[$(var(i))])", "three"),
            ("$field(X-$var(half))", "one"),
            ("$field($var(name)$var(empty))", "one"),
            ("$field($hdr(X-None))", "no name"),
            ("$field(X-$hdr(X-None))", "0"),
            ("$(field(X-Many)[$hdr(X-None)])", "no number"),
            ("$(field(X-Many)[$hdr(Contact)])", "no number"),
            ("$(field(X-Many)[$hdr(X-Empty)])", "one"),
            ("$(field(X-Many)[*])", "all of X-Many"),
            ("$field(a=>$var(i))", "constantcomputed"),
            ("$field($var(i)=>b)", "computedconstant"),
            ("$field($field(X-Pointer))", "no name"),
            ("$(field(X-Many)[$(field(X-Number)[0])])", "0"),
        ])
    func computed(expression: String, expected: String) throws {
        let body = """
            $var(name) = "X-Many"; $var(half) = "Many"; $var(i) = 2; $var(empty) = "";
            $var(x) = 0; $var(x) = \(expression);
            note("$var(x)");
            """
        let found = try notes(body, message: message)
        // A `$var` that is given null is worth 0.
        #expect(found == [expected])
    }

    @Test("the same reference gives each message its own value")
    func eachMessage() throws {
        let harness = try Harness(
            head + "request_route { note(\"$(field(X-Many)[$field(X-Which)])\"); }")
        for (which, expected) in [("0", "one"), ("2", "three"), ("1", "two"), ("9", "<null>")] {
            try harness.run(
                message.replacing("X-Number: 42\n", with: "X-Number: 42\nX-Which: \(which)\n"))
            #expect(harness.notes == [expected])
        }
    }

    @Test("they stand in templates as well as in expressions")
    func templates() throws {
        let body = "$var(i) = 1; note(\"<$(field(X-Many)[$var(i)])|$field(X-$rm)>\");"
        #expect(try notes(body, message: message) == ["<two|<null>>"])
    }

    @Test(
        "a variable that takes no computed parts refuses them where they stand",
        arguments: [
            (
                "if ($hdr($rm) == 1) exit;",
                "$hdr takes no pseudo-variable within its parentheses",
                "write a constant name: $hdr(name)"
            ),
            (
                "if ($(hdr(Via)[$var(i)]) == 1) exit;",
                "$hdr takes no pseudo-variable as an index", "write a number: $(hdr[0])"
            ),
            (
                "if ($(hdr(Via)[*]) == 1) exit;", "$hdr has no index [*]",
                "write a number: $(hdr[0])"
            ),
        ])
    func refused(body: String, message: String, hint: String) {
        let found = errors(of: head + "request_route {\n\(body)\n}")
        #expect(found.map(\.message) == [message])
        #expect(found.map(\.hint) == [hint])
        #expect(found.map { SourceMapPlace($0.location) } == [SourceMapPlace("test.cfg", 3, 5)])
    }

    @Test(
        "what stands within is checked like any other variable",
        arguments: [
            ("note(\"$field($nothing)\");", "unknown pseudo-variable \"$nothing\""),
            ("$var(x) = $field($nothing);", "unknown pseudo-variable \"$nothing\""),
            ("$var(x) = $(field(a)[$nothing]);", "unknown pseudo-variable \"$nothing\""),
            ("$var(x) = $field(a$);", "a \"$\" stands alone"),
            ("$var(x) = $(field(a)[$$]);", "is no pseudo-variable"),
            ("$var(x) = $(field(a)[x]);", "\"x\" is no index"),
            ("$var(x) = $(field(a)[1);", "has no closing bracket"),
        ])
    func checkedWithin(body: String, part: String) {
        let found = errors(of: head + "request_route {\n\(body)\n}")
        #expect(found.count == 1)
        #expect(found.first?.message.contains(part) ?? false, "\(found)")
    }

    @Test("names within names have a bound on their depth")
    func depth() {
        func nested(_ levels: Int) -> String {
            String(repeating: "$field(", count: levels) + "X"
                + String(repeating: ")", count: levels)
        }
        #expect(errors(of: head + "request_route { note(\"\(nested(17))\"); }").isEmpty)
        let found = errors(of: head + "request_route { note(\"\(nested(18))\"); }")
        #expect(found.first?.message.contains("more than 16 deep") ?? false, "\(found)")
        let deep = errors(of: head + "request_route { note(\"\(nested(5_000))\"); }")
        #expect(deep.first?.message.contains("more than 16 deep") ?? false)
    }
}
