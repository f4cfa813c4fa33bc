import Basics
import Glibc
import Logging
import Transport

/// A transport layer on loopback with echoing handlers, which is stopped at the end of the test.
final class Fixture: Sendable {
    let layer: TransportLayer
    let record = Record()
    let sockets: [ListeningSocket]

    init(
        _ listen: [String] = ["udp:127.0.0.1:0"],
        _ change: (inout TransportSettings) -> Void = { _ in }
    ) throws {
        var settings = TransportSettings()
        change(&settings)
        layer = TransportLayer(settings: settings, logger: .quiet)
        let directives = try listen.flatMap { try ListenDirective.parse($0) }
        sockets = try layer.bind(directives)
        try layer.start { [record] worker in
            record.noteThread(of: worker)
            return EchoHandler(worker, record)
        }
    }

    deinit { layer.stop(within: .seconds(5)) }

    var address: PeerAddress { sockets[0].address }
    var statistics: TransportStatistics { layer.statistics }
}

extension Logger {
    /// A logger that says nothing.
    static var quiet: Logger {
        Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}

/// Waits until something that other threads bring about is so; at most half a minute.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<30_000 {
        if condition() { return true }
        usleep(1_000)
    }
    return condition()
}
