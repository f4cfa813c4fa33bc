/// Using a writer as a queue: bytes go in at the end and are taken from the front.
extension ByteWriter {
    /// Forgets the first `amount` bytes and moves the others to the front.
    public mutating func removeFirst(_ amount: Int) {
        precondition(amount >= 0 && amount <= count, "more than is there")
        guard amount > 0 else { return }
        let left = count - amount
        // `update` allows its source to overlap it.
        if left > 0 { unsafe storage.update(from: storage + amount, count: left) }
        truncate(to: left)
    }
}
