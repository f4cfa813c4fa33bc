internal import Basics

/// What the name servers' thread runs.
final class NameServerLoop {
    private let channel: NameServerChannel
    private let exchange: QuestionExchange
    private let began: @Sendable () -> Void

    /// A loop over a channel that nobody else uses from now on.
    init(
        _ channel: NameServerChannel, _ exchange: QuestionExchange,
        began: @escaping @Sendable () -> Void
    ) {
        self.channel = channel
        self.exchange = exchange
        self.began = began
    }

    /// Takes up questions and works on the sockets until the exchange is stopped.
    func run() {
        began()
        while let questions = exchange.take() {
            for question in questions { channel.ask(question) }
            channel.turn(wakeUp: exchange.wakeUp)
        }
        exchange.finishAll()
    }
}
