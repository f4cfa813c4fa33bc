import Basics

@testable import Subscriptions

/// The three tables as a database would have them after the changes that were written.
struct StoredTables {
    var publications: [String: PublicationRow] = [:]
    var subscriptions: [String: SubscriptionRow] = [:]
    var watchers: [String: WatcherRow] = [:]
    /// Writes that said to be new although there was a row, or the other way round.
    var surprises = 0

    /// Carries out a change; what is inserted replaces.
    mutating func apply(_ change: PresenceChange) {
        switch change {
        case .writePublication(let row, let isNew, let storedTag):
            if let storedTag { publications[key(row.user, row.package, storedTag)] = nil }
            let known = publications.updateValue(row, forKey: key(row.user, row.package, row.etag))
            if isNew, known != nil { surprises += 1 }
        case .erasePublication(let user, _, let package, let etag):
            publications[key(user, package, etag)] = nil
        case .writeSubscription(let row, let isNew):
            let known = subscriptions.updateValue(row, forKey: key(row.dialog))
            if isNew == (known != nil) { surprises += 1 }
        case .eraseSubscription(let dialog): subscriptions[key(dialog)] = nil
        case .writeWatcher(let row, _): watchers[key(row)] = row
        case .eraseWatcher(let row): watchers[key(row)] = nil
        }
    }

    private func key(_ user: [UInt8], _ package: PackageIndex, _ etag: [UInt8]) -> String {
        "\(String(decoding: user, as: UTF8.self)) \(package.number) "
            + String(decoding: etag, as: UTF8.self)
    }

    private func key(_ dialog: DialogText) -> String {
        "\(dialog.text(.callID)) \(dialog.text(.toTag)) \(dialog.text(.fromTag))"
    }

    private func key(_ row: WatcherRow) -> String {
        String(decoding: row.presentityUser + [32] + row.user, as: UTF8.self)
            + " \(row.package.number)"
    }
}
