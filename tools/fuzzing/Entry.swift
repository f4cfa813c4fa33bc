import Basics
import FuzzTargets

/// What libFuzzer calls with each input.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start else { return 0 }
    let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
    unsafe SIPFuzz.run(Span(_unsafeElements: bytes))
    return 0
}
