final class ConnectionTable: Sendable {
}
