import Testing

@testable import Subscriptions
