internal import Basics
internal import JSONValue
public import ModuleKit

extension SLModule {
    /// What the module declares.
    public static let manifest = Manifest<SLModule>(
        "sl", "Stateless replies.",
        parameters: [
            ParameterRow(
                "default_code", \.defaultCode, 400...699,
                "The status of a reply whose own is not from 100 to 699."),
            ParameterRow(
                "default_reason", \.defaultReason, "The reason phrase that goes with it."),
            ParameterRow(
                "bind_tm", \.bindTM,
                "Whether replies go through a transaction where one exists; there are none yet."),
        ],
        functions: ["sl_send_reply", "sl_reply", "send_reply"].map(replying)
            + [replyingByMode, replyingError],
        methods: [
            MethodRow(
                "sl.stats", result: .object(names.map { .init($0, .integer) }, others: nil),
                "Replies by status; 2xx and its like count those without a number of their own.",
                example: RPCExample(
                    [], .object(names.map { .init($0, .integer($0 == "200" ? 75 : 0)) }))
            ) { (module, _) in
                let values = module.values
                return .value(.object(zip(names, values).map { .init($0, .integer(Int64($1))) }))
            }
        ],
        statistics: classes + singled + totals)

    /// The functions differ in their names only, as long as there are no transactions.
    private static func replying(_ name: String) -> FunctionRow<SLModule> {
        FunctionRow(
            name, .integer("code"), .string("reason"),
            routes: [.request, .failure, .reply, .event],
            returns: "1 sent or not to be answered, -1 not sent",
            "Replies to the request at hand, without state.",
            compile: { (module, code, reason) throws(ArgumentError) in
                try checkStatus(code)
                let reason = Reason(reason)
                // The usual case: the status is known, and nothing is evaluated before the reply is
                // written.
                if case .constant(let number) = code {
                    return { context in module.send(context, number, reason) }
                }
                return { context in module.send(context, code.value(context) ?? 0, reason) }
            })
    }

    /// Found at the start and not at the first message: RFC 3261 7.2 knows six classes.
    private static func checkStatus(_ code: Evaluator<Int>) throws(ArgumentError) {
        if case .constant(let number) = code, !(100...699).contains(number) {
            throw ArgumentError("\(number) is no status: 100 to 699 are")
        }
    }

    /// The mode says which request of a transaction is meant; there is one only.
    private static let replyingByMode = FunctionRow<SLModule>(
        "send_reply_mode", .integer("code"), .string("reason"), .integer("mode"),
        routes: [.request, .failure, .reply, .event],
        returns: "1 sent or not to be answered, -1 not sent",
        "Replies to the request at hand.",
        compile: { (module, code, reason, _) throws(ArgumentError) in
            // The same as of its siblings: a script that could never send this is not loaded.
            try checkStatus(code)
            let reason = Reason(reason)
            return { context in module.send(context, code.value(context) ?? 0, reason) }
        })

    /// What a script sends when it does not know better.
    private static let replyingError = FunctionRow<SLModule>(
        "sl_reply_error", routes: [.request, .event],
        returns: "1 sent or not to be answered, -1 not sent",
        "Replies that the server has failed."
    ) { (module, context) in
        let words = "I'm terribly sorry, server error occurred (1/SL)"
        return module.send(context, 500, .constant(Array(words.utf8)))
    }

    // MARK: Statistics

    /// The members of `sl.stats`, in Kamailio's order.
    private static let names = [
        "200", "202", "2xx", "300", "301", "302", "3xx", "400", "401", "403", "404", "407",
        "408", "483", "4xx", "500", "5xx", "6xx", "xxx",
    ]

    /// The values of `names`.
    private var values: [Int] {
        Self.names.map { name in
            if let status = Int(name), let place = ReplyCounters.singled.firstIndex(of: status) {
                return counters.statuses[place].value
            }
            // "xxx" has no digit: replies outside of the classes do not exist.
            guard let number = name.first?.wholeNumberValue else { return 0 }
            return counters.rests[number - 1].value
        }
    }

    /// One statistic a class: the sum of the counters in it, made when somebody asks.
    private static var classes: [StatisticRow<SLModule>] {
        (1...6).map { number in
            StatisticRow("\(number)xx_replies", "Replies of class \(number)xx.") { module in
                module.counters.sum(ofClass: number)
            }
        }
    }

    /// One statistic for each status that Kamailio counts by itself.
    private static var singled: [StatisticRow<SLModule>] {
        ReplyCounters.singled.enumerated().map { place, status in
            StatisticRow("\(status)_replies", "Replies with status \(status).") { module in
                module.counters.statuses[place]
            }
        }
    }

    /// The rest.
    ///
    /// Two of them are always 0: they are there because monitoring asks for their names.
    private static var totals: [StatisticRow<SLModule>] {
        [
            StatisticRow("xxx_replies", "Replies outside of the classes, which are not sent.") {
                _ in 0
            },
            StatisticRow("sent_replies", "All replies.") { module in module.counters.sent },
            StatisticRow("sent_err_replies", "Replies to requests that were not understood.") {
                _ in 0
            },
            StatisticRow("failures", "Replies that could not be sent.") { module in
                module.counters.failures
            },
            StatisticRow("received_ACKs", "ACK requests for replies that were sent here.") {
                module in module.counters.receivedACKs
            },
        ]
    }
}
