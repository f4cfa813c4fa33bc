import SIPSyntax
import Testing

@testable import Transactions

/// Client against server over a wire that loses, doubles and reorders.
@Suite("Simulation")
struct SimulationTests {
    @Test("on a good wire each request is sent as often as its answer takes", arguments: 0..<5)
    func good(seed: UInt64) {
        var simulation = Simulation(seed: seed, wire: SimulatedWire(), courses: 40)
        let isDone = simulation.run()
        #expect(isDone)
        for course in simulation.courses {
            #expect(course.opened == 1 && course.timeouts == 0)
            #expect(course.finals == [course.status])
            // The 100 stops an INVITE; another request goes out at 500, 1500, 3500, 7500 ms.
            let late = [500, 1_500, 3_500].filter { course.answerDelay > $0 + 120 }.count
            let early = [500, 1_500, 3_500].filter { course.answerDelay > $0 - 120 }.count
            let extra = course.method == .invite ? 0...0 : late...early
            #expect(extra.contains(course.sends - 1), "\(course)")
        }
        #expect(simulation.unacknowledged == 0)
    }

    @Test(
        "on a bad wire there is one final answer or one time-out, and nothing stays",
        arguments: 0..<12)
    func bad(seed: UInt64) {
        let wire = SimulatedWire(loss: 30, duplication: 30, delay: 1...900)
        var simulation = Simulation(seed: seed, wire: wire, courses: 40)
        let isDone = simulation.run()
        #expect(isDone, "something is left: \(simulation.openCount)")
        for course in simulation.courses {
            #expect(course.opened <= 1)
            #expect(course.timeouts <= 1)
            let isSuccess = course.method == .invite && course.finals.allSatisfy { $0 == 200 }
            if isSuccess, course.timeouts == 0 {
                // A 2xx of an INVITE is shown as often as it comes.
                #expect(!course.finals.isEmpty)
            } else if course.timeouts == 0 {
                #expect(course.finals == [course.status], "\(course)")
            } else if course.cancelAfter == nil {
                #expect(course.finals.isEmpty)
            }
            #expect(course.sends <= (course.method == .invite ? 7 : 11))
        }
        // So that the above speaks of something.
        #expect(simulation.courses.filter { !$0.finals.isEmpty }.count > 30)
        #expect(simulation.courses.filter { $0.sends > 1 }.count > 10)
        #expect(simulation.courses.contains { $0.finals == [487] })
    }

    @Test("on a dead wire timer A sends an INVITE 7 times, timer E others 11 times")
    func dead() {
        var simulation = Simulation(seed: 1, wire: SimulatedWire(loss: 100), courses: 40)
        let isDone = simulation.run()
        #expect(isDone)
        for course in simulation.courses {
            #expect(course.sends == (course.method == .invite ? 7 : 11))
            #expect(course.finals.isEmpty && course.timeouts == 1 && course.opened == 0)
        }
    }

    @Test("where only responses are lost, the server answers each retransmission the same")
    func oneWay() {
        let wire = SimulatedWire(loss: 60, duplication: 0, delay: 1...5)
        var simulation = Simulation(seed: 3, wire: wire, courses: 60)
        let isDone = simulation.run()
        #expect(isDone)
        for course in simulation.courses where !course.finals.isEmpty {
            #expect(Set(course.finals).count == 1)
            #expect(course.opened == 1)
        }
    }
}
