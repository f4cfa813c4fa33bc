internal import Publications

/// How the requests of a source go.
struct PUASourceDeclaration: Sendable {
    /// The source.
    var source: PUASource
    /// The URI of the next hop; nil for that of the module.
    var outboundProxy: [UInt8]?
    /// How to answer a challenge.
    var credentials: [PUACredentials]
}

/// Somebody who hears of the ends of requests.
struct PUAObserver: Sendable {
    /// Of which sources.
    var sources: PUASource
    /// What is called.
    var body: PUAModule.Completion
}

/// What modules have declared before the start.
struct PUADeclarations: Sendable {
    /// The event packages.
    var events = PUAEventTable()
    /// The sources.
    var sources: [PUASourceDeclaration] = []
    /// Those who hear of ends.
    var observers: [PUAObserver] = []
}
