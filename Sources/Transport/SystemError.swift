internal import Glibc

/// A failed system call: its error number.
struct SystemError: Error, Sendable, Hashable {
    /// The value of `errno`.
    var number: Int32

    /// An error with a number.
    init(number: Int32) { self.number = number }

    /// What is known by name only.
    static var notSupported: SystemError { SystemError(number: EPROTONOSUPPORT) }

    /// The error of the call that failed last on this thread.
    static var last: SystemError { SystemError(number: errno) }

    /// The system's words for it, without a capital, to go on a sentence with.
    var reason: String {
        var words = [CChar](repeating: 0, count: 128)
        guard unsafe strerror_r(number, &words, words.count - 1) == 0 else {
            return "system error \(number)"
        }
        let bytes = words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
