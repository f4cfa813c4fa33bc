import Basics
import TestSupport

extension SeededNumbers {
    /// Some bytes of an alphabet.
    mutating func bytes(_ lengths: ClosedRange<Int>, of alphabet: String) -> [UInt8] {
        let letters = Array(alphabet.utf8)
        return (0..<Int.random(in: lengths, using: &self)).map { _ in
            letters[Int.random(in: 0..<letters.count, using: &self)]
        }
    }
}
