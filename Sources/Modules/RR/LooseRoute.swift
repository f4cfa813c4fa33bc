internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// One value of Route.
struct RouteValue {
    /// Its URI.
    var uri: [UInt8]
    /// The parameters of the URI.
    var parameters: [UInt8]
    /// Whether its host is a loose router (RFC 3261 19.1.1 `lr`).
    var isLoose: Bool
    /// Whether it names this server.
    var isOwn: Bool
}

/// `loose_route`: RFC 3261 16.4 and 16.12.
extension RRModule {
    /// Most entries of Route that are looked at.
    private static let routesMax = 64

    /// Takes the server's own Route out and finds out where the request goes next.
    func looseRoute(_ context: ScriptContext) -> Int {
        let state = state(context)
        let values = context.listedValues(Array("Route".utf8))
        let routes = values.count <= Self.routesMax ? Self.read(values, context) : nil
        guard context.message.kind == .request, let routes, !routes.isEmpty else { return -1 }
        let isInDialog = Self.tag(context, .to) != nil
        var removed: Set<Int> = []
        if isInDialog, let own = ownRequestURI(context) {
            // 16.4: a strict router has put our own URI into the request line; the target is last.
            let last = routes.count - 1
            state.consumed = own
            // The last Route is what the sender meant before the strict router changed the request.
            guard context.setRequestURI(routes[last].uri) else { return -1 }
            removed.insert(last)
            // With one entry the target is also the next hop.
            if last == 0 { context.destinationURI = routes[0].uri }
        }
        var place = 0
        if !removed.contains(0), routes[0].isOwn {
            state.consumed = routes[0].parameters
            place = Self.ownCount(routes, parameters.enableDoubleRR > 0)
            removed.formUnion(0..<place)
        }
        let left = (place..<routes.count).first { !removed.contains($0) }
        state.hasNext = place > 0 && left != nil
        // What was found is only written when all of it could be: a half-routed request loops.
        if let left, !forward(context, to: routes[left], left, &removed) { return -1 }
        if left == nil { tellFollowers(of: routes.prefix(place), context) }
        guard context.removeValues(values, where: { removed.contains($0) }) else { return -1 }
        for observer in state.observers {
            observer.requestWasRouted(state.consumed ?? [], in: context)
        }
        // A new request that only goes through us is routed as if it had no Route.
        return left == nil && !isInDialog ? -1 : 1
    }

    /// Tells modules of the entries that led here, when no other is left: then they may know better
    /// than the request where it goes (module `path`).
    private func tellFollowers(of routes: ArraySlice<RouteValue>, _ context: ScriptContext) {
        for route in routes { context.services.tellRouteFollowers(route.uri.span, context) }
    }

    /// Sends the request to the next entry: as its destination, or, when that is a strict router,
    /// in its request line with the target behind all others (16.6 step 6).
    private func forward(
        _ context: ScriptContext, to route: RouteValue, _ place: Int, _ removed: inout Set<Int>
    ) -> Bool {
        if route.isLoose {
            context.destinationURI = route.uri
            return true
        }
        let target = context.withRequestURI { Array(copying: $0) }
        let line = Array("Route: <".utf8) + target + Array(">".utf8)
        guard context.addHeader(line, .after(Array("Route".utf8))),
            context.setRequestURI(route.uri)
        else { return false }
        // The strict router stands in the request line now, so no destination goes before it.
        context.destinationURI = nil
        removed.insert(place)
        return true
    }

    /// How many entries at the top are ours: two when they are the sides of one passage, which
    /// `r2` marks.
    private static func ownCount(_ routes: [RouteValue], _ isDouble: Bool) -> Int {
        // Without the mark the second entry belongs to another passage through this server.
        guard isDouble, routes.count > 1, routes[1].isOwn,
            value(of: Array("r2".utf8), in: routes[0].parameters) != nil
        else { return 1 }
        return 2
    }

    /// The parameters of the request URI when it is one that we have written into a Record-Route:
    /// our own address with `lr`.
    private func ownRequestURI(_ context: ScriptContext) -> [UInt8]? {
        guard context.isMyself(uri: context.requestURI) else { return nil }
        return context.withRequestURI { bytes in
            guard let uri = try? SIPURI(parsing: bytes), uri.parameter("lr", in: bytes) != nil,
                uri.parameter("gr", in: bytes) == nil
            else { return nil }
            return Array(copying: bytes.part(uri.parameters))
        }
    }

    /// Takes the entries apart; nil when one is malformed.
    private static func read(
        _ values: [ListedValue], _ context: ScriptContext
    ) -> [RouteValue]? {
        var routes: [RouteValue] = []
        for value in values {
            let route = context.withMessage { message -> RouteValue? in
                guard let entry = try? RouteEntry(parsing: message.bytes, in: value.range),
                    let uri = try? SIPURI(parsing: message.bytes, in: entry.uri), uri.isSIP
                else { return nil }
                return RouteValue(
                    uri: Array(copying: message[entry.uri]),
                    parameters: Array(copying: message[uri.parameters]),
                    isLoose: uri.parameter("lr", in: message.bytes) != nil,
                    isOwn: context.services.isMyself(
                        message[uri.host], port: uri.port ?? 0))
            }
            // One malformed entry spoils the order of all others: nothing is routed by guesses.
            guard let route else { return nil }
            routes.append(route)
        }
        return routes
    }
}
