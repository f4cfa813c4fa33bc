internal import Basics

/// Handles that wait for their turn, first in first out; those that are gone meanwhile do no harm.
struct HandleQueue: Sendable {
    private var handles: [SlabHandle] = []
    private var head = 0

    /// Whether none waits.
    var isEmpty: Bool { head == handles.count }

    /// Number of handles that wait.
    var count: Int { handles.count - head }

    /// Adds a handle at the end.
    mutating func append(_ handle: SlabHandle) {
        handles.append(handle)
        assert(head < handles.count)
    }

    /// Takes the first handle.
    mutating func popFirst() -> SlabHandle? {
        assert(head <= handles.count)
        guard head < handles.count else { return nil }
        let handle = handles[head]
        head += 1
        if head == handles.count {
            // A burst's room is given back, an ordinary turn's is kept.
            handles.removeAll(keepingCapacity: handles.capacity <= 64)
            head = 0
        } else if head >= 1_024, head * 2 >= handles.count {
            handles.removeFirst(head)
            head = 0
        }
        return handle
    }
}
