/// What tests cannot see when they run under a sanitizer.
public enum Sanitizer {
    /// Whether the heap is the C library's, which tells what was asked of it.
    ///
    /// Sanitizers have a heap of their own, and the C library's figures are 0.
    public static var leavesHeap: Bool {
        #if ROOST_TSAN || ROOST_ASAN
            false
        #else
            true
        #endif
    }
}
