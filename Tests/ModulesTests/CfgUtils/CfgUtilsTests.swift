import CfgUtils
import JSONValue
import ModuleKit
import Testing

/// What a script with `cfgutils` notes.
private func notes(_ body: String, before: String = "") throws -> [String] {
    try ScriptRig(
        body, before: "modparam(\"cfgutils\", \"lock_set_size\", 4)\n" + before,
        further: [ModuleBlueprint(CfgUtilsModule.self)]
    ).run()
}

@Suite("Module cfgutils")
struct CfgUtilsTests {
    @Test(
        "codes of its functions",
        arguments: [
            ("rand_set_prob(\"100\");", "1"), ("rand_set_prob(100); rand_event();", "1"),
            ("rand_set_prob(0); rand_event();", "-1"), ("rand_get_prob();", "10"),
            ("rand_set_prob(40); rand_get_prob();", "40"),
            ("rand_set_prob(40); rand_reset_prob(); rand_get_prob();", "10"),
            ("rand_set_prob(0); rand_get_prob();", "-1"),
            ("$var(p) = 101; rand_set_prob(\"$var(p)\");", "-1"),
            ("is_gflag(\"4\");", "-1"), ("set_gflag(4); is_gflag(\"4\");", "1"),
            ("set_gflag(4); reset_gflag(4); is_gflag(4);", "-1"), ("reset_gflag(4);", "1"),
            ("set_gflag(0); set_gflag(31); is_gflag(31);", "1"),
            ("$var(f) = 32; set_gflag(\"$var(f)\");", "-1"),
            ("lock(\"k1\");", "1"), ("lock(\"k1\"); unlock(\"k1\");", "1"),
            ("trylock(\"k2\"); trylock(\"k2\");", "-1"), ("trylock(\"$rU\");", "1"),
            ("trylock(\"k2\"); unlock(\"k2\"); trylock(\"k2\");", "1"), ("unlock(\"never\");", "1"),
            ("lock(\"k\"); lock(\"k\");", "-1"),
            ("sleep(0);", "1"), ("sleep(\"-1\");", "-1"), ("usleep(\"10\");", "1"),
            ("usleep(-5);", "-1"),
            ("core_hash(\"$ci\", \"\", 4);", "2"), ("core_hash(\"abc\", \"def\", 8);", "114"),
            ("core_hash(\"call-script\", \"\", 31);", "409369842"),
            ("core_hash(\"a\", \"\", 16);", "110"), ("core_hash(\"abcde\", \"\", 16);", "17538"),
            ("core_hash(\"abcdefghij\", \"\", 16);", "56435"),
            ("core_hash(\"ab\", \"\", 31);", "27999"),
            ("core_hash(\"ab\", \"c\", 31);", "28110"),
            ("core_hash(\"abc\", \"\", 31);", "7167811"),
            ("core_hash(\"abcd\", \"\", 31);", "1834959897"), ("core_hash(\"abc\", \"\", 0);", "1"),
            ("core_hash(\"\", \"\", 4);", "1"), ("core_hash(\"a\", \"\", 32);", "-1"),
            ("core_hash(\"a\", \"\", \"-1\");", "-1"),
        ])
    func codes(statements: String, expected: String) throws {
        #expect(try notes("\(statements) note(\"$rc\");") == [expected])
    }

    @Test("without locks in the configuration none can be taken")
    func noLocks() throws {
        let rig = try ScriptRig(
            "lock(\"a\"); note(\"$rc\"); unlock(\"a\"); note(\"$rc\");",
            further: [ModuleBlueprint(CfgUtilsModule.self)])
        #expect(try rig.run() == ["-1", "-1"])
    }

    @Test("flags and probability start as the configuration says")
    func initial() throws {
        let before = """
            modparam("cfgutils", "initial_gflags", 18)
            modparam("cfgutils", "initial_probability", 100)
            """
        #expect(
            try notes(
                "is_gflag(4); note(\"$rc\"); is_gflag(1); note(\"$rc\");"
                    + " is_gflag(0); note(\"$rc\");"
                    + " rand_event(); note(\"$rc\"); rand_get_prob(); note(\"$rc\");",
                before: before) == ["1", "1", "-1", "1", "100"])
    }

    @Test("chance is about as often as it should be, and random numbers differ")
    func chance() throws {
        let loop =
            "while ($var(i) < 99) { $var(i) = $var(i) + 1;"
            + " if (rand_event()) $var(n) = $var(n) + 1; }"
        let lines = try notes(
            "rand_set_prob(50); \(loop) if ($var(n) > 15 and $var(n) < 85) note(\"fair\");"
                + " $var(a) = $RANDOM; $var(b) = $RANDOM; if ($var(a) != $var(b)) note(\"differ\");"
                + " if ($RANDOM >= 0 and $RANDOM <= 2147483647) note(\"bounded\");")
        #expect(lines == ["fair", "differ", "bounded"])
    }

    @Test(
        "what cannot be is refused when the script is loaded",
        arguments: [
            ("rand_set_prob(101);", "0 to 100"), ("rand_set_prob(\"x\");", "integer"),
            ("set_gflag(32);", "0 to 31"), ("is_gflag(-1);", "0 to 31"), ("abort();", "abort"),
            ("pkg_status();", "pkg_status"), ("shm_status();", "shm_status"),
            ("core_hash(\"a\");", "takes 3"), ("lock();", "takes 1"),
        ])
    func refused(body: String, expected: String) {
        let error = scriptError(body, further: [ModuleBlueprint(CfgUtilsModule.self)])
        #expect(error.contains(expected), "\(error)")
    }

    @Test(
        "parameters are bounded",
        arguments: [
            "\"initial_probability\", 101", "\"initial_gflags\", -1", "\"lock_set_size\", 17",
            "\"hash_file\", \"/etc/x\"",
        ])
    func parameters(setting: String) {
        #expect(
            scriptError(
                "", before: "modparam(\"cfgutils\", \(setting))",
                further: [ModuleBlueprint(CfgUtilsModule.self)]) != "none")
    }

    @Test("management commands change what scripts see")
    func commands() throws {
        let services = StandInServices()
        try services.load(CfgUtilsModule.self)
        let calls: [(String, JSONValue?, JSONValue)] = [
            ("cfgutils.get_gflags", nil, "0x0 (0)"), ("cfgutils.set_gflag", 1024, [:]),
            ("cfgutils.is_gflag", 1024, "TRUE"), ("cfgutils.is_gflag", 1, "FALSE"),
            ("cfgutils.is_gflag", 1025, "FALSE"), ("cfgutils.get_gflags", nil, "0x400 (1024)"),
            ("cfgutils.reset_gflag", 1024, [:]), ("cfgutils.get_gflags", nil, "0x0 (0)"),
            ("cfgutils.rand_get_prob", nil, "actual probability: 10 percent"),
            ("cfgutils.rand_set_prob", 30, [:]),
            ("cfgutils.rand_get_prob", nil, "actual probability: 30 percent"),
            ("cfgutils.rand_reset_prob", nil, [:]),
            ("cfgutils.rand_get_prob", nil, "actual probability: 10 percent"),
        ]
        for (method, argument, expected) in calls {
            let answer = try services.exchange(method, .array(argument.map { [$0] } ?? []))
            #expect(answer["result"] == expected, "\(method)")
        }
        for (method, argument) in [("cfgutils.rand_set_prob", 300), ("cfgutils.set_gflag", -1)] {
            let answer = try services.exchange(method, .array([.integer(Int64(argument))]))
            #expect(answer["error"]?["code"] == 500, "\(method)")
        }
    }
}
