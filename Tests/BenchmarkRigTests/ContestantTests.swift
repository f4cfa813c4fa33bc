import Testing

@testable import BenchmarkRig

@Suite("Contestant of a run")
struct ContestantTests {
    @Test(
        "a program is Kamailio by the name of its file alone",
        arguments: [
            ("kamailio", .kamailio), ("/usr/sbin/kamailio", .kamailio), ("./kamailio", .kamailio),
            ("roost", .roost), ("/opt/kamailio/roost", .roost), ("kamailio-5.8", .roost),
            ("/usr/sbin/Kamailio", .roost), ("", .roost),
        ] as [(String, Contestant.Kind)])
    func kind(_ binary: String, _ kind: Contestant.Kind) {
        let contestant = Contestant(binary: binary)
        #expect(contestant.kind == kind)
        #expect(contestant.binary == binary)
        #expect(contestant.name == (kind == .kamailio ? "kamailio" : "roost"))
    }

    @Test("both are given the same file, directory and definitions")
    func sharesArguments() {
        for binary in ["kamailio", "roost"] {
            let command = Contestant(binary: binary).command(
                configuration: "/c", directory: "/d", defines: ["A", "B"])
            #expect(command.first == binary)
            let text = command.joined(separator: " ")
            #expect(text.contains("-f /c -DD -E -Y /d -A A -A B"))
        }
    }

    @Test("only Kamailio is given an allocator, memory and a file for its number")
    func expertArguments() {
        let ours = Contestant(binary: "roost").command(
            configuration: "/c", directory: "/d", defines: [])
        #expect(ours == ["roost", "-f", "/c", "-DD", "-E", "-Y", "/d"])
        let theirs = Contestant(binary: "kamailio").command(
            configuration: "/c", directory: "/d", defines: [])
        #expect(theirs.starts(with: ["kamailio", "-x", "tlsf", "-X", "tlsf", "-m", "2048"]))
        #expect(theirs.suffix(2) == ["-P", "/d/pid"])
    }
}

@Suite("Figures of a run")
struct FigureTests {
    @Test("titles and names differ, so that a row can be found")
    func differ() {
        #expect(Set(Figure.allCases.map(\.title)).count == Figure.allCases.count)
        #expect(Set(Figure.allCases.map(\.rawValue)).count == Figure.allCases.count)
    }

    @Test("what is aimed for is never less than what must be reached", arguments: Figure.allCases)
    func aimsHigher(_ figure: Figure) {
        switch figure.bound {
        case .atMost(let must, let aim): #expect(aim <= must ?? aim)
        case .atLeast(let must, let aim): #expect(aim >= must)
        }
    }

    @Test("a large row asks for a database when the usual one does")
    func largeRowsMatch() {
        let pairs: [(Figure, Figure)] = [
            (.millionFlush, .flush), (.millionLoad, .load), (.millionDump, .dump),
            (.millionMemory, .memory), (.millionRegister, .register),
        ]
        for (large, usual) in pairs {
            #expect(large.isMillion && !usual.isMillion)
            #expect(large.needsDatabase == usual.needsDatabase)
        }
        #expect(Figure.allCases.filter(\.isMillion).count == pairs.count)
    }
}

@Suite("Options of a run")
struct BenchmarkOptionsTests {
    @Test("by default every row is taken but the large ones")
    func defaults() {
        let options = BenchmarkOptions(kamailio: nil, roost: nil)
        #expect(options.figures == Figure.allCases.filter { !$0.isMillion })
        #expect(options.rounds % 2 == 1, "the median of an odd number is a value that was taken")
        #expect(options.millionUsers == options.users * 10)
    }

    @Test("the quick run is smaller in everything and takes the same rows")
    func quick() {
        let usual = BenchmarkOptions(kamailio: nil, roost: Contestant(binary: "roost"))
        var quick = usual
        quick.makeQuick()
        #expect(quick.rounds < usual.rounds)
        #expect(quick.users < usual.users)
        #expect(quick.millionUsers < usual.millionUsers)
        #expect(quick.millionUsers > quick.users)
        #expect(quick.window < usual.window)
        #expect(quick.latencyRate < usual.latencyRate)
        #expect(quick.refreshesMin < usual.refreshesMin)
        #expect(quick.presenceSeconds < usual.presenceSeconds)
        #expect(quick.presentities < usual.presentities)
        #expect(quick.presenceSubjects < usual.presenceSubjects)
        #expect(quick.thousandPresentities < usual.thousandPresentities)
        #expect(quick.figures == usual.figures)
        #expect(quick.roost == usual.roost)
    }
}
