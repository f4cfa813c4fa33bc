import Basics
import TestSupport
import Testing

/// An entry that knows its present time, as a contact does.
private struct Alarm: TimerEntry {
    var timerLink = TimerLink()
    var time: Int64
}

/// A wheel, its entries, and the rule of the owner: what comes out too early is filed again.
private struct Clockwork: ~Copyable {
    var wheel: TimerWheel
    var alarms = Slab<Alarm>()
    var looks = 0

    init(now: Int64) { wheel = TimerWheel(now: now) }

    mutating func add(at time: Int64) -> UInt32 {
        let index = alarms.insert(Alarm(time: time))
        wheel.file(index, at: time, in: &alarms)
        return index
    }

    mutating func cancel(_ index: UInt32) {
        wheel.remove(index, in: &alarms)
        alarms.remove(index)
    }

    mutating func due(_ now: Int64) -> [UInt32] {
        var due: [UInt32] = []
        while let index = wheel.takeDue(now: now, in: &alarms) {
            looks += 1
            if alarms[index].time > now {
                wheel.file(index, at: alarms[index].time, in: &alarms)
            } else {
                due.append(index)
                alarms.remove(index)
            }
        }
        return due
    }
}

@Suite("TimerWheel")
struct TimerWheelTests {
    @Test("an entry comes out in its second, not before and not twice")
    func once() {
        var clock = Clockwork(now: 1000)
        let index = clock.add(at: 1060)
        check(clock.due(1059).isEmpty)
        check(clock.due(1060) == [index])
        check(clock.due(1061).isEmpty)
        check(clock.wheel.count == 0)
    }

    @Test("an entry whose time has passed comes out at once")
    func past() {
        var clock = Clockwork(now: 1000)
        let index = clock.add(at: 5)
        check(clock.due(1000) == [index])
    }

    @Test("entries of the present second come out even after it was looked at")
    func sameSecond() {
        var clock = Clockwork(now: 1000)
        _ = clock.add(at: 1010)
        _ = clock.due(1005)
        let index = clock.add(at: 1005)
        check(clock.due(1005) == [index])
    }

    @Test("an entry that was moved to later comes out at its new time only")
    func lazyRefresh() {
        var clock = Clockwork(now: 0)
        let index = clock.add(at: 100)
        clock.alarms[index].time = 250
        check(clock.due(100).isEmpty)
        check(clock.due(249).isEmpty)
        check(clock.due(250) == [index])
        check(clock.looks == 2, "one look at the old time, one at the new")
    }

    @Test("times more than one turn ahead are kept", arguments: [4095, 4096, 4097, 10_000, 86_400])
    func farAhead(time: Int64) {
        var clock = Clockwork(now: 0)
        let index = clock.add(at: time)
        var now: Int64 = 0
        while now < time - 1 {
            now = min(now + 500, time - 1)
            check(clock.due(now).isEmpty)
        }
        check(clock.due(time) == [index])
    }

    @Test("a jump of the clock by many turns brings out all that is due", arguments: [1, 5, 1000])
    func jump(turns: Int64) {
        var clock = Clockwork(now: 0)
        let soon = (1...50).map { clock.add(at: $0 * 70) }
        let later = clock.add(at: 4096 * turns + 5000)
        check(Set(clock.due(4096 * turns + 4000)) == Set(soon))
        check(clock.due(4096 * turns + 5000) == [later])
    }

    @Test("a clock that is set back delays nothing by more than a turn")
    func setBack() {
        var clock = Clockwork(now: 100_000)
        let index = clock.add(at: 100_100)
        _ = clock.due(100_000)
        check(clock.due(50_000).isEmpty)
        let fresh = clock.add(at: 50_060)
        check(clock.due(50_060) == [fresh])
        check(clock.due(100_100) == [index])
    }

    @Test("an entry leaves from the head, the middle and the end of its slot")
    func removal() {
        for victim in 0..<3 {
            var clock = Clockwork(now: 0)
            var indices = (0..<3).map { _ in clock.add(at: 30) }
            clock.cancel(indices.remove(at: victim))
            check(Set(clock.due(30)) == Set(indices))
        }
    }

    @Test("taking out what is not filed does nothing")
    func removeTwice() {
        var clock = Clockwork(now: 0)
        let index = clock.add(at: 30)
        clock.wheel.remove(index, in: &clock.alarms)
        clock.wheel.remove(index, in: &clock.alarms)
        check(clock.wheel.count == 0)
        check(!clock.alarms[index].timerLink.isFiled)
    }

    @Test("the due time of a filed entry is its time, or the end of the turn")
    func dueTime() {
        var clock = Clockwork(now: 7_000)
        let near = clock.add(at: 7_500)
        let far = clock.add(at: 99_000)
        let past = clock.add(at: 1)
        check(clock.wheel.dueTime(clock.alarms[near].timerLink) == 7_500)
        check(clock.wheel.dueTime(clock.alarms[far].timerLink) == 7_000 + 4_095)
        check(clock.wheel.dueTime(clock.alarms[past].timerLink) == 7_000)
    }

    @Test("the cost is that of what comes out")
    func cost() {
        var clock = Clockwork(now: 0)
        for number in 0..<1_000 { _ = clock.add(at: 3_000 + Int64(number % 100)) }
        _ = clock.due(2_999)
        check(clock.looks == 0)
        check(clock.due(3_049).count == 500)
        check(clock.looks == 500)
    }

    @Test("it agrees with a sorted list over a long random life", arguments: [21, 22, 23, 24])
    func randomLife(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var clock = Clockwork(now: 0)
        var model: [UInt32: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<4_000 {
            switch random.next() % 4 {
            case 0, 1:
                let time = now + Int64(random.next() % 9_000)
                model[clock.add(at: time)] = time
            case 2:
                if let victim = model.keys.sorted().randomElement(using: &random) {
                    // Half of the time it is only moved to later.
                    if random.next() % 2 == 0 {
                        clock.cancel(victim)
                        model[victim] = nil
                    } else {
                        let time = clock.alarms[victim].time + Int64(random.next() % 5_000)
                        clock.alarms[victim].time = time
                        model[victim] = time
                    }
                }
            default:
                now += Int64(random.next() % 200)
                let due = Set(clock.due(now))
                check(due == Set(model.filter { $0.value <= now }.keys))
                model = model.filter { $0.value > now }
            }
        }
        check(clock.wheel.count == model.count)
    }
}
