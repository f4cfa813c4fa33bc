internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// Finding transactions by what operators know of them.
extension TMModule {
    /// One open server transaction as operators see it.
    struct Listed {
        /// Its place in the store.
        var handle: ServerHandle
        /// The method of its request.
        var method: SIPMethod
        /// The value of From.
        var from = ""
        /// The value of To.
        var to = ""
        /// The value of Call-ID.
        var callID = ""
        /// The number in CSeq.
        var cSeq = ""
        /// Whether a final response was sent.
        var isFinal = false
        /// What module tm keeps of it, nil for one that nobody has asked anything of.
        var transaction: ServedTransaction?
    }

    /// Walks over the open server transactions until `each` says to stop.
    func walk(_ each: (Listed) -> Bool) {
        for shard in 0..<ServerTransactions.shardCount {
            var place: UInt32? = 0
            while let from = place {
                // Copied piece by piece: no lock of the store is held while a message is read.
                var found: [ServerOutcome] = []
                place = servers.walk(shard: shard, from: from, limit: 64) { found.append($0) }
                for outcome in found where !each(listed(outcome)) { return }
            }
        }
    }

    /// What is known of a transaction: from its request, or from its last reply.
    private func listed(_ outcome: ServerOutcome) -> Listed {
        var listed = Listed(handle: outcome.handle, method: outcome.method)
        listed.isFinal = outcome.state.isFinal
        listed.transaction = outcome.attachment as? ServedTransaction
        var message = SIPMessage(capacity: 2048)
        if let bytes = listed.transaction?.relay?.request.bytes {
            guard (try? message.load(bytes.span)) != nil else { return listed }
        } else if let reply = servers.message(of: outcome.handle) {
            guard (try? message.load(reply.span)) != nil else { return listed }
        } else {
            return listed
        }
        Self.read(message, &listed)
        return listed
    }

    /// Takes over the fields that operators know a call by.
    private static func read(_ message: borrowing SIPMessage, _ listed: inout Listed) {
        func text(_ name: HeaderName) -> String {
            message.header(name).map { String(copying: message[$0]) } ?? ""
        }
        listed.from = text(.from)
        listed.to = text(.to)
        listed.callID = text(.callID)
        if let number = (try? message.cSeq)?.number { listed.cSeq = String(number) }
    }

    /// The transaction of a Call-ID and a CSeq number that was sent on.
    func find(callID: [UInt8], cSeq: String, _ method: SIPMethod? = nil) -> ServedTransaction? {
        let wanted = String(decoding: callID, as: UTF8.self)
        let number = cSeq.prefix { $0 != " " }
        var found: ServedTransaction?
        walk { listed in
            guard listed.callID == wanted, listed.cSeq == number, let it = listed.transaction,
                method == nil || listed.method == method
            else { return true }
            found = it
            return false
        }
        return found
    }

    /// Cancels the INVITE of a Call-ID and a CSeq number; false when there is none.
    public func cancel(callID: [UInt8], cSeq: String, reason: [UInt8]) -> Bool {
        guard let transaction = find(callID: callID, cSeq: cSeq, .invite) else { return false }
        services.perform { transaction.post(.cancelBranches(.all, reason), in: $0) }
        return true
    }

    /// Answers the request of a Call-ID and a CSeq number; false when there is none.
    public func reply(
        callID: [UInt8], cSeq: String, _ status: Int, _ reason: [UInt8]
    ) -> Bool {
        precondition((100...699).contains(status), "no SIP status code")
        guard let transaction = find(callID: callID, cSeq: cSeq) else { return false }
        let words = HeaderText.oneLine(reason)
        services.perform { transaction.post(.reply(status, words, [], nil), in: $0) }
        return true
    }
}
