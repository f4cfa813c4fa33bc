extension StaticString {
    /// Its bytes, for names of attributes.
    var bytes: [UInt8] { Array("\(self)".utf8) }
}
