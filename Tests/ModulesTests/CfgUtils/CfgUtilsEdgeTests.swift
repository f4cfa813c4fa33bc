import Basics
import CfgUtils
import JSONValue
import ModuleKit
import RouteScript
import Testing

/// Module `cfgutils` at its edges.
@Suite("Module cfgutils at its edges")
struct CfgUtilsEdgeTests {
    private static let further = [ModuleBlueprint(CfgUtilsModule.self)]

    private func rig(_ body: String, _ settings: String = "") throws -> ScriptRig {
        try ScriptRig(body, before: settings, further: Self.further)
    }

    @Test("each of the 32 flags is set, asked and cleared by itself", arguments: 0...31)
    func flags(number: Int) throws {
        let rig = try rig(
            "set_gflag(\(number)); is_gflag(\(number)); note(\"$rc\");"
                + "$var(other) = (\(number) + 1) mod 32; is_gflag(\"$var(other)\"); note(\"$rc\");"
                + "reset_gflag(\(number)); is_gflag(\(number)); note(\"$rc\");")
        #expect(try rig.run() == ["1", "-1", "-1"])
        let shown = try rig.services.call("cfgutils.get_gflags")["result"]
        #expect(shown == "0x0 (0)")
    }

    @Test(
        "the flags at the start are those of the setting, bit by bit",
        arguments: [0, 1, 18, 255, 0x8000_0000, Int(UInt32.max)])
    func initialFlags(value: Int) throws {
        let rig = try rig(
            "is_gflag(0); note(\"$rc\"); is_gflag(31); note(\"$rc\");",
            "modparam(\"cfgutils\", \"initial_gflags\", \(value))")
        #expect(
            try rig.run() == [value & 1 == 0 ? "-1" : "1", value & 0x8000_0000 == 0 ? "-1" : "1"])
        #expect(
            try rig.services.call("cfgutils.get_gflags")["result"]
                == .string("0x\(String(value, radix: 16)) (\(value))"))
    }

    @Test("workers share flags and probability")
    func shared() throws {
        let rig = try rig(
            "is_gflag(3); note(\"$rc\"); rand_get_prob(); note(\"$rc\"); set_gflag(3);"
                + "rand_set_prob(77);")
        #expect(try rig.run() == ["-1", "10"])
        rig.program.run(.request, in: ScriptContext(services: rig.services))
        #expect(rig.notes == ["1", "77"])
    }

    @Test(
        "a flag or a percentage that is computed and out of bounds is -1 and changes nothing",
        arguments: [
            ("set_gflag", "32"), ("set_gflag", "-1"), ("reset_gflag", "99"), ("is_gflag", "-5"),
            ("is_gflag", "32"), ("rand_set_prob", "101"), ("rand_set_prob", "-1"),
        ])
    func outOfBounds(function: String, value: String) throws {
        let rig = try rig(
            "$var(n) = \(value); \(function)(\"$var(n)\"); note(\"$rc\"); rand_get_prob();"
                + "note(\"$rc\");")
        #expect(try rig.run() == ["-1", "10"])
        #expect(try rig.services.call("cfgutils.get_gflags")["result"] == "0x0 (0)")
    }

    @Test(
        "the initial probability",
        arguments: [(0, "-1", "-1"), (1, nil, "1"), (99, nil, "99"), (100, "1", "100")]
            as [(Int, String?, String)])
    func probability(percent: Int, event: String?, shown: String) throws {
        let rig = try rig(
            "rand_event(); note(\"$rc\"); rand_get_prob(); note(\"$rc\");",
            "modparam(\"cfgutils\", \"initial_probability\", \(percent))")
        let lines = try rig.run()
        if let event { #expect(lines[0] == event) }
        #expect(lines[1] == shown)
        #expect(
            try rig.services.call("cfgutils.rand_get_prob")["result"]
                == .string("actual probability: \(percent) percent"))
    }

    @Test("an event happens about as often as its probability says")
    func frequency() throws {
        let rig = try rig("if (rand_event()) note(\"yes\");")
        for (percent, bounds) in [(0, 0...0), (20, 100...320), (80, 680...900), (100, 1000...1000)]
        {
            _ = try rig.services.call("cfgutils.rand_set_prob", .integer(Int64(percent)))
            var count = 0
            for _ in 0..<1_000 { count += try rig.run().count }
            #expect(bounds.contains(count), "\(percent): \(count)")
        }
    }

    @Test("$RANDOM lies between 0 and 2^31 and seldom repeats")
    func random() throws {
        let rig = try rig("note(\"$RANDOM\");")
        var seen = Set<Int>()
        for _ in 0..<500 {
            let number = try #require(Int(try rig.run().first ?? ""))
            #expect((0...Int(Int32.max)).contains(number))
            seen.insert(number)
        }
        #expect(seen.count > 490)
        #expect(scriptError("$RANDOM = 1;", further: Self.further).contains("read-only"))
    }

    @Test(
        "core_hash is the same for the same texts, and within its bits",
        arguments: [1, 4, 8, 16, 24, 31])
    func hashes(bits: Int) throws {
        let rig = try rig(
            "$var(b) = \(bits); core_hash(\"$ci\", \"$rU\", \"$var(b)\"); $var(a) = $rc;"
                + "core_hash(\"call-script\", \"carol\", \(bits));"
                + "if ($var(a) == $rc) note(\"same\");"
                + "core_hash(\"$ci\", \"$fU\", \(bits)); note(\"$rc\");")
        let lines = try rig.run()
        #expect(lines.first == "same")
        let hash = try #require(Int(lines.last ?? ""))
        #expect((1...1 << bits).contains(hash))
    }

    @Test("the order of two texts does not count, as in Kamailio")
    func order() throws {
        let rig = try rig(
            "core_hash(\"a\", \"b\", 31); $var(a) = $rc; core_hash(\"b\", \"a\", 31);"
                + "if ($var(a) == $rc) note(\"same\");"
                + "core_hash(\"a\", \"c\", 31); if ($var(a) != $rc) note(\"other\");")
        #expect(try rig.run() == ["same", "other"])
    }

    @Test("a lock is free again when it was given back, and names share a bounded number of locks")
    func locks() throws {
        let settings = "modparam(\"cfgutils\", \"lock_set_size\", 1)"
        let rig = try rig(
            """
            while ($var(i) < 20) {
                $var(k) = "k" + $var(i);
                if (trylock("$var(k)")) $var(n) = $var(n) + 1;
                $var(i) = $var(i) + 1;
            }
            note("$var(n)");
            """, settings)
        #expect(try rig.run() == ["2"])
    }

    @Test("sleeping takes the time that is asked for, and no more than its bound")
    func sleeping() throws {
        let rig = try rig("usleep(\"20000\"); note(\"$rc\"); sleep(0); note(\"$rc\");")
        let start = SystemClock.wall().seconds
        #expect(try rig.run() == ["1", "1"])
        #expect(SystemClock.wall().seconds - start < 5)
        #expect(Limits.scriptSleepMicrosecondsMax <= 10_000_000)
    }

    @Test(
        "functions with wrong arguments are refused at their place",
        arguments: [
            ("rand_event(1);", "takes"), ("rand_set_prob();", "takes 1"),
            ("rand_set_prob(-1);", "0 to 100"), ("rand_reset_prob(1);", "takes"),
            ("rand_get_prob(1);", "takes"), ("set_gflag();", "takes 1"),
            ("set_gflag(\"x\");", "integer"), ("reset_gflag(32);", "0 to 31"),
            ("is_gflag(1, 2);", "takes 1"), ("trylock();", "takes 1"), ("unlock();", "takes 1"),
            ("sleep();", "takes 1"), ("sleep(\"x\");", "integer"), ("usleep(\"x\");", "integer"),
            ("core_hash(\"a\", \"b\");", "takes 3"), ("core_hash(\"a\", \"b\", \"x\");", "integer"),
        ])
    func refused(call: String, words: String) {
        let error = scriptErrorPlace("\n\n    \(call)", further: Self.further)
        #expect(error.hasPrefix("3:"), "\(error)")
        #expect(error.contains(words), "\(error)")
    }

    @Test(
        "commands refuse what is missing, of another type or out of bounds",
        arguments: [
            ("cfgutils.rand_set_prob", []), ("cfgutils.rand_set_prob", ["x"]),
            ("cfgutils.rand_set_prob", [101]), ("cfgutils.rand_set_prob", [-1]),
            ("cfgutils.set_gflag", []), ("cfgutils.set_gflag", ["x"]),
            ("cfgutils.set_gflag", [4_294_967_296]), ("cfgutils.reset_gflag", [-1]),
            ("cfgutils.reset_gflag", []), ("cfgutils.is_gflag", []), ("cfgutils.is_gflag", [-1]),
            ("cfgutils.is_gflag", ["x"]),
        ] as [(String, [JSONValue])])
    func commands(method: String, arguments: [JSONValue]) throws {
        let services = StandInServices()
        try services.load(CfgUtilsModule.self)
        let answer = try services.exchange(method, .array(arguments))
        #expect(answer["result"] == nil && answer["error"] != nil)
        #expect(try services.call("cfgutils.get_gflags")["result"] == "0x0 (0)")
        #expect(
            try services.call("cfgutils.rand_get_prob")["result"]
                == "actual probability: 10 percent")
    }

    @Test("masks of several flags: all of them must be set")
    func masks() throws {
        let services = StandInServices()
        try services.load(CfgUtilsModule.self)
        _ = try services.call("cfgutils.set_gflag", 5)
        for (mask, expected) in [(1, "TRUE"), (4, "TRUE"), (5, "TRUE"), (2, "FALSE"), (7, "FALSE")]
        {
            #expect(
                try services.call("cfgutils.is_gflag", .integer(Int64(mask)))["result"]
                    == .string(expected))
        }
        _ = try services.call("cfgutils.reset_gflag", 1)
        #expect(try services.call("cfgutils.get_gflags")["result"] == "0x4 (4)")
        _ = try services.call("cfgutils.set_gflag", 4_294_967_295)
        #expect(try services.call("cfgutils.get_gflags")["result"] == "0xffffffff (4294967295)")
    }

    @Test("every function and command of the module stands in a test of this folder")
    func complete() {
        let blueprint = ModuleBlueprint(CfgUtilsModule.self)
        #expect(
            Set(blueprint.functions.map(\.name)) == [
                "rand_event", "rand_set_prob", "rand_reset_prob", "rand_get_prob", "set_gflag",
                "reset_gflag", "is_gflag", "lock", "trylock", "unlock", "sleep", "usleep",
                "core_hash",
            ])
        #expect(
            Set(blueprint.methods.map(\.name)) == [
                "cfgutils.rand_set_prob", "cfgutils.rand_reset_prob", "cfgutils.rand_get_prob",
                "cfgutils.set_gflag", "cfgutils.reset_gflag", "cfgutils.is_gflag",
                "cfgutils.get_gflags",
            ])
    }
}
