/// A counted reference as plain bytes, so that a record in a slab can hold it.
///
/// Whoever drops the record calls `release` once; copies of the value do not count.
@safe
struct Counted<Object: AnyObject>: BitwiseCopyable {
    private let pointer: UnsafeMutableRawPointer

    /// A reference that keeps the object alive until `release`.
    init(_ object: Object) {
        unsafe pointer = Unmanaged.passRetained(object).toOpaque()
    }

    /// The object.
    var object: Object {
        unsafe Unmanaged<Object>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Lets the object go; the value must not be used afterwards.
    func release() { unsafe Unmanaged<Object>.fromOpaque(pointer).release() }
}
