public import Basics

/// What an Event header names.
public struct EventMatch: Sendable, Hashable {
    /// The package.
    public var package: PackageIndex
    /// Where the value of `id` lies in the header's value; empty without one.
    public var id: ByteRange
}

/// The event packages of a server, looked up by Event header without allocation.
public struct PackageTable: Sendable {
    /// The packages in the order of their declaration, which is that of their numbers.
    public let packages: [EventPackage]
    /// For each package the one that tells of its watchers.
    private let watcherInfo: [PackageIndex?]
    /// For each package the one whose watchers it tells of.
    private let watched: [PackageIndex?]

    /// A table; two packages must not have the same name and parameters.
    public init(_ packages: [EventPackage]) {
        precondition(packages.count <= Limits.eventPackagesMax, "too many event packages")
        self.packages = packages
        watched = packages.map { package in
            guard let base = package.watchedPackage else { return nil }
            return packages.firstIndex { $0.name == base && $0.parameters.isEmpty }
                .map { PackageIndex($0) }
        }
        let bases = watched
        watcherInfo = packages.indices.map { place in
            bases.firstIndex(of: PackageIndex(place)).map { PackageIndex($0) }
        }
    }

    /// Number of packages.
    public var count: Int { packages.count }

    /// A package of this table.
    public subscript(_ index: PackageIndex) -> EventPackage {
        precondition(Int(index.number) < packages.count, "a package of another table")
        return packages[Int(index.number)]
    }

    /// The package that tells of the watchers of another one, if there is one.
    public func watcherInfo(of index: PackageIndex) -> PackageIndex? {
        watcherInfo[Int(index.number)]
    }

    /// The package whose watchers a package tells of, if that is what it does.
    public func watched(by index: PackageIndex) -> PackageIndex? { watched[Int(index.number)] }

    /// The package of the column `event` or of a name that somebody typed, as in `dialog;sla`.
    public func named(_ text: Span<UInt8>) -> PackageIndex? { match(text)?.package }

    /// The package that the value of an Event header names.
    ///
    /// Case does not count (Kamailio; RFC 6665 8.2.1 wants names compared exactly, which no sender
    /// relies on). A parameter `id` tells subscriptions of one dialog apart (RFC 6665 8.2.1) and is
    /// no part of the name; all others must be those of the package, with the same values.
    ///
    /// - Returns: Nil when the value is malformed or no package fits.
    public func match(_ header: Span<UInt8>) -> EventMatch? {
        guard let event = EventHeader(header) else { return nil }
        for place in packages.indices where event.names(packages[place], in: header) {
            return EventMatch(package: PackageIndex(place), id: event.id)
        }
        return nil
    }
}
