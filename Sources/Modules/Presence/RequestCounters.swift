internal import Basics

/// What is counted of PUBLISH and SUBSCRIBE requests.
struct RequestCounters: Sendable {
    /// PUBLISH requests that were answered with 200.
    let published = Counter()
    /// PUBLISH requests that were refused, 412 among them.
    let publishRefused = Counter()
    /// PUBLISH requests that were answered with 412.
    let conditionFailed = Counter()
    /// SUBSCRIBE requests that were answered with 200 or 202.
    let subscribed = Counter()
    /// SUBSCRIBE requests that were refused, 481 among them.
    let subscribeRefused = Counter()
    /// SUBSCRIBE requests that were answered with 481.
    let unknownDialogs = Counter()

    /// All zero.
    init() {}
}
