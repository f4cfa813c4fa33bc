import Basics
import JSONValue
import ModuleKit
import Testing

@testable import Htable

/// Module `htable` in scripts, at its edges.
@Suite("Module htable at its edges")
struct HtableEdgeTests {
    @Test(
        "what a key may be",
        arguments: [
            ("x", "x"), ("a b", "a b"), ("$rU", "carol"), ("$rU@$rd", "carol@example.com"),
            ("$ci::$cs", "call-script::61"), ("x=>y", "x=>y"), ("sip:$rU", "sip:carol"),
            ("$hdr(X-Multi)", "one"), ("$(hdr(X-Multi)[1])", "two"), ("$cs", "61"),
            ("p$(rU{s.len})", "p5"), ("$var(never)", "0"),
        ])
    func keys(key: String, name: String) throws {
        let rig = try tableRig("$sht(a=>\(key)) = \"v\"; note(\"$sht(a=>\(key))\");")
        #expect(try rig.run() == ["v"])
        let module = try #require(rig.services.module(HtableModule.self))
        let entry = module.table("a")?.entry(Array(name.utf8), now: 1_700_000_000)
        #expect(entry != nil, "\(name)")
    }

    @Test(
        "a key that is null or empty reads null and takes nothing",
        arguments: ["$vn(none)", "$hdr(None)", "$du"])
    func noKeys(key: String) throws {
        let rig = try tableRig(
            "$sht(a=>\(key)) = 1; $shtex(a=>\(key)) = 5;"
                + "note(\"$sht(a=>\(key)) $shtex(a=>\(key)) $shtinc(b=>\(key)) $shtcn(a=>**)\");")
        #expect(try rig.run() == ["<null> 0 <null> 0"])
    }

    @Test("a key at the bound is taken, one beyond it is refused and the script goes on")
    func longKeys() throws {
        for (length, expected) in [
            (Limits.hashTableKeyBytesMax, "v 1"), (Limits.hashTableKeyBytesMax + 1, "<null> 0"),
        ] {
            let rig = try tableRig(
                "$sht(a=>$rb) = \"v\"; note(\"$sht(a=>$rb) $shtcn(a=>~~^x)\");")
            let body = String(repeating: "x", count: length)
            let message = ScriptRig.request.replacing(
                "Content-Length: 5\n\nhello", with: "Content-Length: \(length)\n\n\(body)")
            #expect(try rig.run(message) == [expected])
        }
    }

    @Test(
        "values keep their types",
        arguments: [
            ("5", "int"), ("\"5\"", "str"), ("\"\"", "str"), ("$cs", "int"), ("$ci", "str"),
            ("1 + 1", "int"), ("\"a\" + \"b\"", "str"),
        ])
    func types(value: String, type: String) throws {
        let rig = try tableRig(
            "$sht(a=>x) = \(value); if (typeof(\"$sht(a=>x)\", \"\(type)\")) note(\"yes\");")
        #expect(try rig.run() == ["yes"])
    }

    @Test("keys of one worker's buffer do not run into each other")
    func reusedKeys() throws {
        let rig = try tableRig(
            """
            while ($var(i) < 60) { $sht(a=>k$var(i)) = $var(i); $var(i) = $var(i) + 1; }
            $var(s) = 0; $var(i) = 0;
            while ($var(i) < 60) { $var(s) = $var(s) + $sht(a=>k$var(i)); $var(i) = $var(i) + 1; }
            $sht(a=>$rU) = $sht(a=>k5) + $sht(a=>k$cs);
            note("$var(s) $shtcn(a=>~~^k) $sht(a=>k7) $sht(a=>k59) $sht(a=>k60) $sht(a=>carol)");
            """)
        #expect(try rig.run() == ["1770 60 7 59 <null> 5"])
        let long = try tableRig(
            "$sht(a=>a-much-longer-key-$rU) = 1; $sht(a=>$rU) = 2; $sht(a=>$rU$rU) = 3;"
                + "note(\"$sht(a=>a-much-longer-key-$rU) $sht(a=>$rU) $sht(a=>carolcarol)\");")
        #expect(try long.run() == ["1 2 3"])
    }

    @Test("nested: the key of an entry is the value of another one")
    func nested() throws {
        let rig = try tableRig(
            "$sht(a=>x) = \"y\"; $sht(a=>y) = \"deep\"; note(\"$sht(a=>$sht(a=>x))\");"
                + "$sht(b=>$sht(a=>x)) = $sht(a=>y) + \"er\"; note(\"$sht(b=>y)\");")
        #expect(try rig.run() == ["deep", "deeper"])
    }

    @Test("an entry outlives its message, and lives by the clock of messages")
    func life() throws {
        let rig = try tableRig("note(\"$sht(e=>x) $shtex(e=>x)\"); $sht(e=>x) = $rU;")
        #expect(try rig.run() == ["<null> 0"])
        #expect(try rig.run() == ["carol 1"])
        let module = try #require(rig.services.module(HtableModule.self))
        module.removeExpired(now: 1_700_000_001)
        #expect(try rig.run() == ["<null> 0"])
    }

    @Test("counters keep the life that updateexpire grants them")
    func counterLives() throws {
        #expect(
            try tabled(
                "$sht(a=>x) = 1; $shtex(a=>x) = 10; $var(n) = $shtinc(a=>x);", "$shtex(a=>x)")
                == "100")
        #expect(
            try tabled(
                "$sht(e=>x) = 1; $shtex(e=>x) = 10; $var(n) = $shtinc(e=>x);", "$shtex(e=>x)")
                == "10")
    }

    @Test("the expired event tells of integers, texts and empty texts, once each")
    func expiredValues() throws {
        let rig = try tableRig(
            "$sht(e=>int) = 5; $sht(e=>text) = \"t\"; $sht(e=>empty) = \"\"; $sht(e=>$rU) = $ci;",
            before: """
                event_route[htable:expired:e] {
                    note("$shtrecord(key)=[$shtrecord(value)] $sht(e=>$shtrecord(key))");
                }
                """)
        try rig.run()
        let module = try #require(rig.services.module(HtableModule.self))
        module.removeExpired(now: 1_700_000_002)
        #expect(
            rig.notes.sorted() == [
                "carol=[call-script] <null>", "empty=[] <null>", "int=[5] <null>",
                "text=[t] <null>",
            ])
    }

    @Test("an event may put the entry back, and it expires again")
    func revived() throws {
        let rig = try tableRig(
            "$sht(e=>x) = 1;",
            before: """
                event_route[htable:expired:e] {
                    note("$shtrecord(value)"); $sht(e=>$shtrecord(key)) = $shtrecord(value) + 1;
                }
                """)
        try rig.run()
        let module = try #require(rig.services.module(HtableModule.self))
        for second in 1...3 { module.removeExpired(now: 1_700_000_000 + second) }
        #expect(rig.notes == ["1", "2", "3"])
    }

    @Test("a table without an event of its own expires silently, and others are not told")
    func otherTable() throws {
        let rig = try tableRig(
            "$sht(a=>x) = 1; $sht(e=>y) = 2;",
            before: "event_route[htable:expired:a] { note(\"$shtrecord(key)\"); }")
        try rig.run()
        let module = try #require(rig.services.module(HtableModule.self))
        module.removeExpired(now: 1_700_000_050)
        #expect(rig.notes == [] && module.table("e")?.count == 0)
        module.removeExpired(now: 1_700_000_100)
        #expect(rig.notes == ["x"])
    }

    @Test("outside of an event there is no record")
    func noRecord() throws {
        #expect(try tabled("", "$shtrecord(key) $shtrecord(value)") == "<null> <null>")
    }

    @Test(
        "functions with a table, key or operator that are none answer -1",
        arguments: [
            "sht_setxs(\"\", \"k\", \"v\", 1)", "sht_setxi(\"none\", \"k\", 1, 1)",
            "sht_rm(\"\", \"k\")", "sht_reset(\"\")", "sht_rm_name(\"a\", \"eq\", \"x\")",
            "sht_rm_name(\"a\", \"ne\", \"x\")", "sht_rm_value(\"a\", \"eq\", \"x\")",
            "sht_rm_value(\"a\", \"\", \"x\")", "sht_rm_value(\"none\", \"re\", \"x\")",
            "sht_match_name(\"a\", \"\", \"x\")", "sht_match_str_value(\"\", \"eq\", \"x\")",
            "sht_has_str_value(\"a\", \"re\", \"(\")", "sht_lock(\"=>x\")", "sht_lock(\"a=>\")",
            "sht_unlock(\"none=>x\")", "sht_unlock(\"x\")", "sht_iterator_start(\"i\", \"\")",
            "sht_iterator_end(\"\")", "sht_iterator_next(\"\")", "sht_iterator_rm(\"none\")",
            "sht_iterator_sets(\"none\", \"x\")", "sht_iterator_seti(\"none\", 1)",
            "sht_iterator_setex(\"none\", 1)",
        ])
    func refusedAtRunTime(call: String) throws {
        #expect(try tabled("\(call);", "$rc") == "-1")
    }

    @Test(
        "functions with the wrong number or type of arguments are refused at their place",
        arguments: [
            ("sht_print(1);", "takes"), ("sht_rm(\"a\");", "takes 2"), ("sht_reset();", "takes 1"),
            ("sht_is_null(\"a\");", "takes 2"), ("sht_setxs(\"a\", \"k\", \"v\");", "takes 4"),
            ("sht_setxi(\"a\", \"k\", \"x\", 1);", "integer"),
            ("sht_setxs(\"a\", \"k\", \"v\", \"x\");", "integer"),
            ("sht_rm_name_re();", "takes 1"), ("sht_rm_name_re(\"a\");", "table=>pattern"),
            ("sht_rm_value_re(\"none=>x\");", "none"), ("sht_rm_name(\"a\", \"re\");", "takes 3"),
            ("sht_rm_value(\"a\");", "takes 3"), ("sht_match_name(\"a\");", "takes 3"),
            ("sht_has_name(\"a\", \"eq\");", "takes 3"),
            ("sht_match_str_value();", "takes 3"), ("sht_has_str_value(1);", "takes 3"),
            ("sht_lock();", "takes 1"), ("sht_unlock();", "takes 1"),
            ("sht_iterator_start(\"i\");", "takes 2"), ("sht_iterator_end();", "takes 1"),
            ("sht_iterator_next();", "takes 1"), ("sht_iterator_rm();", "takes 1"),
            ("sht_iterator_sets(\"i\");", "takes 2"),
            ("sht_iterator_seti(\"i\", \"x\");", "integer"),
            ("sht_iterator_setex(\"i\", \"x\");", "integer"),
        ])
    func refusedAtLoad(call: String, words: String) {
        let error = scriptErrorPlace(
            "\n  \(call)", before: "modparam(\"htable\", \"htable\", \"a=>size=4\")",
            further: [ModuleBlueprint(HtableModule.self)])
        #expect(error.hasPrefix("2:") || error.contains("rig.cfg"), "\(error)")
        #expect(error.contains(words), "\(error)")
    }

    @Test("every function and every variable of the module stands in a test of this folder")
    func complete() {
        let functions: Set = [
            "sht_print", "sht_rm", "sht_is_null", "sht_setxs", "sht_setxi", "sht_reset",
            "sht_rm_name_re", "sht_rm_value_re", "sht_rm_name", "sht_rm_value", "sht_match_name",
            "sht_has_name", "sht_match_str_value", "sht_has_str_value", "sht_lock", "sht_unlock",
            "sht_iterator_start", "sht_iterator_end", "sht_iterator_next", "sht_iterator_rm",
            "sht_iterator_sets", "sht_iterator_seti", "sht_iterator_setex",
        ]
        let variables: Set = [
            "sht", "shtex", "shtinc", "shtdec", "shtcn", "shtcv", "shtitkey", "shtitval",
            "shtrecord",
        ]
        let blueprint = ModuleBlueprint(HtableModule.self)
        #expect(Set(blueprint.functions.map(\.name)) == functions)
        #expect(Set(blueprint.variables.map(\.name)) == variables)
    }

    @Test(
        "variables that only read cannot be set",
        arguments: [
            "shtinc(a=>x)", "shtdec(a=>x)", "shtcn(a=>x)", "shtcv(a=>x)", "shtitkey(i)",
            "shtitval(i)", "shtrecord(key)",
        ])
    func readOnly(variable: String) {
        let error = scriptError(
            "$\(variable) = 1;", before: "modparam(\"htable\", \"htable\", \"a=>size=4\")",
            further: [ModuleBlueprint(HtableModule.self)])
        #expect(error.contains("is read-only"), "\(error)")
    }

    @Test(
        "parameters are bounded",
        arguments: [
            ("\"timer_interval\", 0", "1"), ("\"timer_interval\", 86401", "86400"),
            ("\"timer_interval\", \"x\"", "integer"), ("\"timer_procs\", -1", "0"),
            ("\"timer_procs\", 129", "128"), ("\"htable\", 5", "string"),
            ("\"db_url\", \"mysql://x\"", "db_url"), ("\"enable_dmq\", 1", "enable_dmq"),
        ])
    func parameters(setting: String, words: String) {
        let error = scriptError(
            "exit;", before: "modparam(\"htable\", \(setting))",
            further: [ModuleBlueprint(HtableModule.self)])
        #expect(error != "none" && error.contains(words), "\(error)")
    }

    @Test("there is a bounded number of tables")
    func tables() throws {
        let lines = (0...Limits.hashTablesMax).map {
            "modparam(\"htable\", \"htable\", \"t\($0)=>size=2\")"
        }
        let further = [ModuleBlueprint(HtableModule.self)]
        let good = lines.dropLast().joined(separator: "\n")
        #expect(scriptError("exit;", before: good, further: further) == "none")
        let bad = scriptError("exit;", before: lines.joined(separator: "\n"), further: further)
        #expect(bad.contains("at most \(Limits.hashTablesMax) tables"), "\(bad)")
    }

    @Test("sht_print shows each table with its entries")
    func printing() throws {
        let rig = try tableRig("$sht(a=>x) = 5; $sht(b=>y) = \"t\"; sht_print();")
        try rig.run()
        let lines = rig.services.lines.all
        for part in ["htable a: 1 entries", "x = 5 until 1700000100", "y = t until 0"] {
            #expect(lines.contains { $0.contains(part) }, "\(part)")
        }
    }
}

/// The commands of the module, each with what it refuses.
@Suite("Commands of module htable")
struct HtableCommandEdgeTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        try services.load(
            HtableModule.self,
            [
                ("htable", .string("a=>size=4;autoexpire=300")),
                ("htable", .string("b=>size=4;initval=5;updateexpire=0")),
            ])
        return services
    }

    @Test(
        "values come back with the type and the flags that they were set with",
        arguments: [
            ("htable.sets", ["a", "k", "5"], "5", 2), ("htable.sets", ["a", "k", ""], "", 2),
            ("htable.seti", ["a", "k", 5], 5, 0), ("htable.seti", ["a", "k", -5], -5, 0),
            ("htable.seti", ["a", "k", "0x10"], 16, 0), ("htable.seti", ["b", "k", 1], 1, 0),
            ("htable.setxs", ["a", "k", "\u{fc}", 60], "\u{fc}", 2),
            ("htable.setxi", ["a", "k", 9, 60], 9, 0),
        ] as [(String, [JSONValue], JSONValue, Int64)])
    func values(
        method: String, arguments: [JSONValue], value: JSONValue, flags: Int64
    ) throws {
        let services = try services()
        let answer = try services.exchange(method, .array(arguments))
        guard answer["result"] != nil else {
            // A number in another base is no integer for management: then nothing was set.
            #expect(arguments[2] == "0x10" && answer["error"]?["code"] == 500)
            return
        }
        let item = try services.exchange("htable.get", .array([arguments[0], "k"]))["result"]?[
            "item"]
        #expect(item?["value"] == value && item?["flags"] == .integer(flags))
        #expect(item?["name"] == "k")
    }

    @Test(
        "what is missing, of the wrong type or beyond a bound is refused",
        arguments: [
            ("htable.sets", ["a"]), ("htable.sets", ["a", "k"]), ("htable.seti", ["a", "k", "x"]),
            ("htable.seti", ["a", "k"]), ("htable.setxs", ["a", "k", "v"]),
            ("htable.setxs", ["a", "k", "v", "x"]), ("htable.setxi", ["a", "k", 1]),
            ("htable.setxi", ["a", "k", "x", 1]), ("htable.setex", ["a", "k"]),
            ("htable.setex", ["a", "k", "x"]), ("htable.setex", ["none", "k", 1]),
            ("htable.get", ["a"]), ("htable.get", ["none", "k"]), ("htable.delete", ["a"]),
            ("htable.delete", ["none", "k"]), ("htable.dump", []), ("htable.dump", ["none"]),
            ("htable.flush", []), ("htable.flush", ["none"]), ("htable.sets", ["a", "", "v"]),
            ("htable.seti", ["a", .string(String(repeating: "k", count: 1_025)), 1]),
        ] as [(String, [JSONValue])])
    func refusals(method: String, arguments: [JSONValue]) throws {
        let services = try services()
        let answer = try services.exchange(method, .array(arguments))
        #expect(answer["result"] == nil)
        guard case .integer(let code)? = answer["error"]?["code"] else {
            Issue.record("no code")
            return
        }
        #expect(code == 500 || code == -32602 || code == 400, "\(code)")
        let table = try #require(services.module(HtableModule.self)?.table("a"))
        #expect(table.count == 0)
    }

    @Test("a life that is set by a command shows as a date, and ends")
    func lives() throws {
        let services = try services()
        _ = try services.call("htable.setxs", "a", "k", "v", 1_000)
        let table = try #require(services.module(HtableModule.self)?.table("a"))
        let now = SystemClock.wall().seconds
        let expires = try #require(table.entry(Array("k".utf8), now: now)?.expires)
        #expect((now + 990...now + 1_001).contains(expires))
        _ = try services.call("htable.setex", "a", "k", 10)
        let shorter = try #require(table.entry(Array("k".utf8), now: now)?.expires)
        #expect((now...now + 12).contains(shorter))
        let shown = try services.call("htable.get", "a", "k")["result"]?["item"]?["expire"]
        guard case .string(let date)? = shown else {
            Issue.record("no date")
            return
        }
        #expect(date.contains("20") && date.contains(":"), "\(date)")
    }

    @Test("a command leaves an entry without end alone where nothing expires")
    func endless() throws {
        let services = try services()
        _ = try services.call("htable.seti", "b", "k", 1)
        _ = try services.call("htable.setex", "b", "k", 10)
        #expect(
            try services.call("htable.get", "b", "k")["result"]?["item"]?["expire"] == "NEVER")
    }

    @Test("an initial value is no entry: get and delete do not find it, dump does not show it")
    func initialValues() throws {
        let services = try services()
        #expect(try services.call("htable.get", "b", "k")["error"]?["code"] == 500)
        #expect(try services.call("htable.delete", "b", "k")["error"]?["code"] == 404)
        #expect(try services.call("htable.dump", "b")["result"] == [])
    }

    @Test("a dump shows each entry once, in the slot that stats counts")
    func dumps() throws {
        let services = try services()
        for number in 0..<100 {
            _ = try services.call("htable.seti", "a", .string("k\(number)"), 1)
        }
        let dump = try #require(try services.call("htable.dump", "a")["result"])
        guard case .array(let slots) = dump else {
            Issue.record("no list")
            return
        }
        var names = Set<String>()
        var largest: Int64 = 0
        for slot in slots {
            guard case .integer(let size)? = slot["size"], case .array(let items)? = slot["slot"],
                case .integer(let number)? = slot["entry"]
            else { continue }
            #expect(size == Int64(items.count) && (0..<16).contains(number))
            largest = max(largest, size)
            for case .string(let name)? in items.map({ $0["name"] }) { names.insert(name) }
        }
        #expect(names.count == 100)
        let row = try services.call("htable.stats")["result"]?[0]
        #expect(row?["all"] == 100 && row?["max"] == .integer(largest))
        _ = try services.call("htable.flush", "a")
        #expect(try services.call("htable.dump", "a")["result"] == [])
        #expect(try services.call("htable.stats")["result"]?[0]?["all"] == 0)
    }

    @Test("the list shows the tables in the order of their definitions")
    func list() throws {
        let result = try services().call("htable.listTables")["result"]
        #expect(result?[0]?["name"] == "a" && result?[1]?["name"] == "b")
        #expect(result?[0]?["expire"] == 300 && result?[1]?["updateexpire"] == 0)
        #expect(result?[2] == nil)
    }

    @Test("every command of the module has a test here, and says whether it changes something")
    func complete() {
        let commands = ModuleBlueprint(HtableModule.self).methods.map(\.name)
        #expect(
            Set(commands) == [
                "htable.get", "htable.dump", "htable.listTables", "htable.stats", "htable.sets",
                "htable.seti", "htable.setxs", "htable.setxi", "htable.setex", "htable.delete",
                "htable.flush",
            ])
    }
}
