internal import Basics

/// The jobs in slots that are used again, reached by numbers that are not.
struct PUAJobTable: Sendable {
    private var slots: [PUAJob?] = []
    private var generations: [UInt32] = []
    private var free: [Int] = []

    /// How many jobs there are.
    var count: Int { slots.count - free.count }

    /// Puts a job in and returns its number; 0 is none.
    mutating func insert(_ job: PUAJob) -> UInt64 {
        let place: Int
        if let last = free.popLast() {
            place = last
            slots[place] = job
        } else {
            place = slots.count
            precondition(place < 1 << 24, "more jobs than a number has room for")
            slots.append(job)
            generations.append(0)
        }
        generations[place] &+= 1
        if generations[place] == 0 { generations[place] = 1 }
        return UInt64(generations[place]) << 24 | UInt64(place)
    }

    /// Takes a job out to work on it; its place is kept.
    mutating func take(_ number: UInt64) -> PUAJob? {
        guard let place = place(number) else { return nil }
        var job: PUAJob?
        swap(&job, &slots[place])
        return job
    }

    /// Puts a job back that was taken out.
    mutating func putBack(_ number: UInt64, _ job: consuming PUAJob) {
        guard let place = place(number) else { preconditionFailure("it was never taken out") }
        assert(slots[place] == nil)
        slots[place] = job
    }

    /// Frees the place of a job that was taken out.
    mutating func remove(_ number: UInt64) {
        guard let place = place(number) else { preconditionFailure("it was never taken out") }
        assert(slots[place] == nil)
        generations[place] &+= 1
        free.append(place)
    }

    private func place(_ number: UInt64) -> Int? {
        let place = Int(number & 0xFF_FFFF)
        guard place < slots.count, UInt64(generations[place]) == number >> 24 else { return nil }
        return place
    }
}
