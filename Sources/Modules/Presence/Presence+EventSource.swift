internal import Basics
internal import JSONValue
public import ModuleKit
internal import Subscriptions
internal import Synchronization

/// Who is told of publications and subscriptions from outside.
///
/// Nobody, as a rule: then a request pays one relaxed load.
final class PresenceWatch: Sendable {
    private let isWatched = Atomic(false)
    private let listener = GuardedFunction<ServerEvent>()

    /// Tells from now on, or no more with nil.
    func set(_ listener: (@Sendable (ServerEvent) -> Void)?) {
        self.listener.set(listener)
        isWatched.store(listener != nil, ordering: .relaxed)
    }

    /// The one who is told; nil when nobody is.
    var told: (@Sendable (ServerEvent) -> Void)? {
        guard isWatched.load(ordering: .relaxed) else { return nil }
        return listener.function
    }
}

/// Events of kind `presence`: publications that are made, changed, removed and expired,
/// subscriptions that begin, end and expire.
extension PresenceModule: EventSource {
    /// The one kind.
    public var eventKinds: [String] { ["presence"] }

    /// Tells from now on, or no more.
    public func tell(_ kinds: Set<String>, _ listener: @escaping @Sendable (ServerEvent) -> Void) {
        watch.set(kinds.isEmpty ? nil : listener)
    }

    /// Tells of a PUBLISH that was carried out, unless it was a refresh.
    func tellPublication(
        _ now: WallTime, _ presentity: NamePlace, _ package: PackageIndex, _ agent: StateAgent,
        _ work: PresenceWorkspace, isNew: Bool, hasBody: Bool, expires: Int
    ) {
        guard let told = watch.told, hasBody || expires == 0 else { return }
        let change = isNew ? "published" : expires == 0 ? "removed" : "modified"
        told(
            ServerEvent(
                "presence", at: now,
                [
                    "change": .string(change),
                    "presentity": .string(Self.uri(presentity, work.names)),
                    "event": .string(Self.name(package, agent)),
                    "expires": .integer(Int64(expires)),
                ]))
    }

    /// Tells of a SUBSCRIBE that was carried out, unless it was a refresh.
    func tellSubscription(
        _ now: WallTime, _ acceptance: SubscribeAcceptance, _ agent: StateAgent,
        _ work: PresenceWorkspace
    ) {
        guard let told = watch.told, acceptance.isNew || acceptance.expiresSeconds == 0 else {
            return
        }
        let change = acceptance.expiresSeconds == 0 ? "unsubscribed" : "subscribed"
        told(
            ServerEvent(
                "presence", at: now,
                [
                    "change": .string(change),
                    "presentity": .string(
                        Self.uri(.presentityUser, .presentityHost, work.request)),
                    "watcher": .string(Self.uri(.watcherUser, .watcherHost, work.request)),
                    "event": .string(Self.name(work.request.package, agent)),
                    "expires": .integer(Int64(acceptance.expiresSeconds)),
                ]))
    }

    /// Tells of what has ended because nobody has refreshed it: `publication_expired`,
    /// `subscription_expired`.
    func tellExpired(_ ended: [ExpiredState], _ agent: StateAgent, _ now: WallTime) {
        guard !ended.isEmpty, let told = watch.told else { return }
        for state in ended {
            let kind = state.watcher == nil ? "publication" : "subscription"
            var members: [JSONValue.Member] = [
                .init("change", .string("\(kind)_expired")),
                .init("presentity", .string(String(decoding: state.presentity, as: UTF8.self))),
            ]
            if let watcher = state.watcher {
                members.append(
                    .init("watcher", .string(String(decoding: watcher, as: UTF8.self))))
            }
            members.append(.init("event", .string(Self.name(state.package, agent))))
            members.append(.init("expires", 0))
            told(ServerEvent("presence", at: now, .object(members)))
        }
    }

    private static func name(_ package: PackageIndex, _ agent: StateAgent) -> String {
        String(decoding: agent.packages.packages[Int(package.number)].eventText, as: UTF8.self)
    }

    private static func uri(_ place: NamePlace, _ names: borrowing ByteWriter) -> String {
        uri(names.span(place.user), names.span(place.host))
    }

    private static func uri(
        _ user: DialogField, _ host: DialogField, _ request: borrowing SubscribeRequest
    ) -> String {
        uri(request.text[user], request.text[host])
    }

    private static func uri(_ user: Span<UInt8>, _ host: Span<UInt8>) -> String {
        let name = user.isEmpty ? "" : String(copying: user) + "@"
        return "sip:\(name)\(String(copying: host))"
    }
}
