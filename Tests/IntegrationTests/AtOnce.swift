import Basics
import Foundation
import Synchronization

/// Runs `body` for each of the inputs on a thread of its own and returns the results in order.
func atOnce<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ body: @escaping @Sendable (Input) throws -> Output
) throws -> [Output] {
    let collected = Collected<Output>(count: inputs.count)
    let group = DispatchGroup()
    for (place, input) in inputs.enumerated() {
        group.enter()
        let thread = Thread {
            let result = Result { try body(input) }
            collected.results.withLock { $0[place] = result }
            group.leave()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }
    group.wait()
    return try collected.results.withLock { $0 }.map { result in
        guard let result else { throw CancellationError() }
        return try result.get()
    }
}

/// Where threads put what they found.
private final class Collected<Output: Sendable>: Sendable {
    let results: Guarded<[Result<Output, any Error>?]>

    init(count: Int) { results = Guarded(Array(repeating: nil, count: count)) }
}
