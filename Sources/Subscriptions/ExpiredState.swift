/// A publication or a subscription that time has ended, for those who watch from outside.
public struct ExpiredState: Sendable, Hashable {
    /// The presentity as a SIP URI.
    public var presentity: [UInt8]
    /// The watcher as a SIP URI; nil for a publication.
    public var watcher: [UInt8]?
    /// The package.
    public var package: PackageIndex
}
