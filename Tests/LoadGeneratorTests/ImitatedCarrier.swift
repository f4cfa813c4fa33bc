// Swift 6.3.1 cannot compile this carrier for ThreadSanitizer; its load has one thread anyway.
#if !ROOST_TSAN
    @testable import LoadGenerator

    /// A carrier without sockets: what is flushed is answered at the next look, as the test says.
    ///
    /// It keeps everything in a book that the test holds as well: a run consumes its carrier.
    struct ImitatedCarrier: RequestCarrier, ~Copyable {
        /// What a run has done, and what the test answers.
        final class Book {
            /// A request as it left, with the lane that it left by.
            struct Sent: Equatable {
                var request: RequestTemplate.Request
                var lane: Int
            }

            /// Everything that was flushed, in order.
            var sent: [Sent] = []
            /// Flushes that had something to send, by the number of requests.
            var batches: [Int] = []
            /// Lanes that are closed.
            var closed: Set<Int> = []
            /// How often nobody was said to listen.
            var refusals = 0
            /// Most requests that were on their way at a time, retransmissions counted once.
            var mostWaiting = 0
            /// What comes back for the n-th request that leaves, counted from 1.
            var answer: (_ number: Int, _ sent: Sent) -> [Int]

            fileprivate var staged: [Int: [RequestTemplate.Request]] = [:]
            fileprivate var replies: [Int: [ReplyReader.Reply]] = [:]
            fileprivate var waiting: Set<Int> = []

            /// A book in which each request gets the replies of `answer`, by their status.
            init(_ answer: @escaping (_ number: Int, _ sent: Sent) -> [Int]) {
                self.answer = answer
            }

            /// Adds replies to a lane, as if they had come by themselves.
            func deliver(_ reply: ReplyReader.Reply, lane: Int) {
                replies[lane] = (replies[lane] ?? []) + [reply]
            }
        }

        let lanes: Int
        let isReliable: Bool
        let book: Book

        var refusals: Int { book.refusals }

        mutating func stage(_ request: RequestTemplate.Request, lane: Int) throws(LoadError) {
            book.staged[lane] = (book.staged[lane] ?? []) + [request]
        }

        mutating func flush(lane: Int) throws(LoadError) {
            let requests = book.staged.removeValue(forKey: lane) ?? []
            guard !requests.isEmpty else { return }
            book.batches.append(requests.count)
            for request in requests {
                let sent = Book.Sent(request: request, lane: lane)
                book.sent.append(sent)
                book.waiting.insert(request.binding)
                book.mostWaiting = max(book.mostWaiting, book.waiting.count)
                for status in book.answer(book.sent.count, sent) {
                    book.deliver(.init(status: status, ticket: request.ticket), lane: lane)
                    if status >= 200 { book.waiting.remove(request.binding) }
                }
            }
        }

        mutating func wait(milliseconds: Int32) throws(LoadError) {}

        func isReady(lane: Int) -> Bool {
            !(book.replies[lane] ?? []).isEmpty || book.closed.contains(lane)
        }

        func isOpen(lane: Int) -> Bool { !book.closed.contains(lane) }

        mutating func receive(
            lane: Int, reader: ReplyReader, into replies: inout [ReplyReader.Reply]
        ) throws(LoadError) {
            replies += book.replies.removeValue(forKey: lane) ?? []
        }
    }
#endif
