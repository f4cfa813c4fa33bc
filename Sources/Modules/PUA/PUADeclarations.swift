internal import Publications

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
    /// The ways of sources.
    var routes: [PUASourceRoute] = []
    /// Those who hear of ends.
    var observers: [PUAObserver] = []
}
