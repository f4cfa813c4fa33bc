/// Every bound of the server in one place: nothing that a stranger sends grows without one.
public enum Limits {
    // MARK: SIP

    /// Longest SIP message in bytes, on any transport.
    public static let messageBytesMax = 65_535
    /// Longest start line and header section of a message on a stream, in bytes.
    public static let headerSectionBytesMax = 32_768
    /// Most header fields of one message.
    public static let headersMax = 96
    /// Most datagrams that are read or sent by one system call.
    public static let datagramBatch = 32
    /// Most bindings that one REGISTER may name.
    public static let contactsPerRequestMax = 64
    /// Longest address-of-record in bytes (registrar documentation: 256 in 5.6, 512 in 6).
    public static let aorBytesMax = 512
    /// Longest Call-ID in bytes: the width of the column `callid`.
    public static let callIDBytesMax = 255
    /// Longest contact URI in bytes: the width of the column `contact`.
    public static let contactBytesMax = 512
    /// Longest User-Agent that is stored: the width of the column `user_agent`.
    public static let userAgentBytesMax = 255

    /// Most slots that are set aside for one location table (usrloc `hash_size` 20).
    public static let tableSlotsMax = 1 << 20
    /// Longest name of a column that a parameter gives, in bytes (MariaDB: 64 characters).
    public static let columnNameBytesMax = 64
    /// Most keepalives that one second's turn sends: a burst beyond it waits for the next.
    public static let keepalivesPerTurnMax = 50_000
    /// Longest text of `ka_method`, `ka_from` and `ka_domain` in bytes.
    public static let keepaliveTextBytesMax = 255
    /// Most codes that `ka_reply_codes` may list.
    public static let keepaliveCodesMax = 64

    // MARK: Transport

    /// Shortest datagram that may be a message; shorter ones keep a NAT's binding alive.
    public static let datagramBytesMin = 20
    /// Most threads of one kind: workers of a UDP socket, event loops.
    public static let workersMax = 128
    /// Most addresses to listen on, after names and interfaces are resolved.
    public static let listenersMax = 256
    /// Connections that the kernel keeps until they are accepted.
    public static let acceptBacklog = 1_024
    /// Most bytes that wait for one connection's peer to read them.
    public static let streamQueueBytesMax = 1 << 20
    /// Most bytes that wait for a connection while it is being opened.
    public static let connectQueueBytesMax = 1 << 18

    // MARK: Script

    /// Deepest nesting of files that include each other.
    public static let includeDepthMax = 10
    /// Most preprocessor definitions.
    public static let definesMax = 512
    /// Deepest nesting of blocks and route calls (core parameter `max_recursive_level`).
    public static let scriptDepthMax = 256
    /// Most that `max_recursive_level` may be: what the stack of a worker bears.
    public static let routeDepthMax = 1_000
    /// Pseudo-variables within the name of another: `$hdr($var($var(x)))` has three.
    public static let variableDepthMax = 16
    /// Deepest nesting of `#!ifdef` (Kamailio: 512).
    public static let conditionalDepthMax = 512
    /// Most `#!subst` rules; each is tried on every string of the script.
    public static let substitutionsMax = 64
    /// Deepest chain of definitions that name definitions.
    public static let expansionDepthMax = 32
    /// Most uses of definitions in one configuration.
    public static let expansionsMax = 100_000
    /// Most bytes of one configuration, included files and uses of definitions together.
    public static let configurationBytesMax = 16 << 20
    /// Longest name of an included file in bytes (Kamailio: 128).
    public static let includeNameBytesMax = 1_024
    /// Most errors that one check of a configuration reports.
    public static let scriptErrorsMax = 20
    /// Most errors that a survey of a configuration shows: whoever moves one here wants all.
    public static let surveyedErrorsMax = 1_000
    /// Most turns of a `while` loop where the core parameter `max_while_loops` says nothing.
    public static let whileLoopsDefault = 100
    /// Longest string that an expression may build, in bytes.
    public static let scriptTextBytesMax = 65_535
    /// Longest string that is turned to base 58 or back, which takes time with its square.
    public static let base58BytesMax = 512
    /// Most bytes of strings that a script may build for one message.
    public static let scratchBytesMax = 1 << 20
    /// Longest regular expression in bytes.
    public static let patternBytesMax = 4_096

    /// Most targets of one request beside its URI (core parameter `max_branches`).
    public static let branchesMax = 31

    // MARK: Transactions

    /// Most commands that wait for the answer to a request at one time.
    public static let requestWaitersMax = 16
    /// Most transactions that `tm.list` shows.
    public static let transactionsListedMax = 10_000
    /// Most events that wait for the thread that works on a transaction.
    public static let transactionEventsMax = 64
    /// Most client transactions at one time.
    public static let clientTransactionsMax = 1 << 19
    /// Most server transactions at one time.
    public static let serverTransactionsMax = 1 << 19
    /// Most bytes of requests that wait for a response.
    public static let clientTransactionBytesMax = 512 << 20
    /// Most bytes of responses that are kept for retransmission.
    public static let serverTransactionBytesMax = 512 << 20
    /// Longest header prefixes that are copied to CANCEL and ACK (tm `ac_extra_hdrs`).
    public static let copiedHeaderPrefixBytesMax = 256

    // MARK: Management

    /// Largest body of a JSON-RPC request in bytes.
    public static let requestBodyBytesMax = 1 << 20
    /// Deepest nesting of a JSON document.
    public static let jsonDepthMax = 64
    /// Most calls in one JSON-RPC batch.
    public static let batchCallsMax = 1_000

    // MARK: Locations

    /// Most bindings that one address-of-record may have, also where `max_contacts` is unlimited.
    public static let contactsPerAoRMax = 1_024
    /// Longest URI a contact was received from: the width of the column `received`.
    public static let receivedBytesMax = 128
    /// Longest Path of a contact: the width of the column `path`.
    public static let pathBytesMax = 512
    /// Longest `+sip.instance` of a contact: the width of the column `instance`.
    public static let instanceBytesMax = 255
    /// Longest unique name of a contact: the width of the column `ruid`.
    public static let ruidBytesMax = 64
    /// Most bytes of all attributes of a contact (usrloc parameter `xavp_contact`).
    public static let contactAttributesBytesMax = 4_096
    /// Longest name of an attribute of a contact: the width of the column `aname`.
    public static let attributeNameBytesMax = 64
    /// Longest value of an attribute of a contact: the width of the column `avalue`.
    public static let attributeValueBytesMax = 512
    /// Most events that one shard of a location table keeps for its listeners.
    public static let locationEventsMax = 65_536
    /// Most removals of bindings not seen yet that one shard remembers while a table is loaded.
    public static let loadingRemovalsMax = 16_384

    // MARK: Subscriptions

    /// Most event packages of a server.
    public static let eventPackagesMax = 32
    /// Longest name of an event package, and longest `id` of an Event header: the columns' width.
    public static let eventNameBytesMax = 64
    /// Longest presentity, `sip:user@host`: the width of the column `presentity_uri`.
    public static let presentityBytesMax = 255
    /// Longest user part and longest host part of a presentity or watcher: the columns' width.
    public static let presenceNameBytesMax = 64
    /// Longest From-tag or To-tag of a subscription: the width of the columns.
    public static let dialogTagBytesMax = 128
    /// Longest Contact URI of a watcher or of this server in a dialog: the columns' width.
    public static let dialogContactBytesMax = 255
    /// Longest route set of a subscription.
    public static let dialogRoutesBytesMax = 2_048
    /// Longest entity tag that a SIP-If-Match or a row may have: the width of the column `etag`.
    public static let entityTagBytesMax = 128
    /// Longest URI of the sender of a publication: the width of the column `sender`.
    public static let senderBytesMax = 255
    /// Longest published document in bytes: the width of the column `body` (a BLOB).
    public static let documentBytesMax = 65_535
    /// Most publications of one presentity for one event package.
    public static let publicationsPerPresentityMax = 64
    /// Most subscriptions to one presentity, all event packages together.
    public static let subscriptionsPerPresentityMax = 10_000
    /// Most subscriptions of a server.
    public static let subscriptionsMax = 4_000_000
    /// Most publications of a server.
    public static let publicationsMax = 4_000_000
    /// Most notifications that one call of the engine asks for.
    public static let notifyOrdersPerTurnMax = 1_024
    /// Most last NOTIFYs of dialogs that wait until there is room for their transactions.
    public static let notifiesPostponedMax = 65_536
    /// Most commands of scripts about watchers that wait for their turn on the control plane.
    public static let watcherCommandsMax = 10_000
    /// Most records that one page of a listing may have.
    public static let listedRecordsMax = 10_000
    /// Contacts after which a page of a location table ends at the latest.
    public static let listedBindingsMax = 1_000
    /// Bindings that one page of a location table looks at for its filter.
    public static let listedLooksMax = 16_384
    /// Longest text that a listing looks for in bytes.
    public static let searchTextBytesMax = 256
    /// Most watchers that one watcher information document names.
    public static let watcherInfoEntriesMax = 1_000
    /// Most changes that one batch takes to the tables of the presence server.
    public static let presenceChangesPerBatchMax = 10_000

    /// Most changes of the table `pua` that wait for a database that is away.
    public static let puaChangesWaitingMax = 100_000
    /// Most look-ups in the table `pua` that wait for their answer.
    public static let puaQuestionsWaitingMax = 100_000
    /// Most rows of the table `pua` that are known to be broken and passed over.
    public static let puaBrokenRowsMax = 10_000

    // MARK: Database

    /// Most rows that one bulk statement writes: long enough to be fast, short enough to stay
    /// within the connection's time limit.
    public static let databaseChunkRowsMax = 4_000
    /// Most bytes of one bulk statement, where the server allows as many.
    public static let databaseChunkBytesMax = 4 << 20
    /// Most statements that a connection keeps prepared.
    public static let preparedStatementsMax = 64
    /// Most columns of one result or batch.
    public static let databaseColumnsMax = 256

    /// Request bodies up to this size are read to their end although they are refused, so that the
    /// client sees why; beyond, the connection is closed.
    public static let discardedBodyBytesMax = 16 << 20
    /// Most HTTP connections, and most of one address.
    public static let httpConnectionsMax = 512
    /// Most HTTP connections of one address.
    public static let httpConnectionsPerAddressMax = 256
    /// Seconds after which an HTTP connection without progress is closed.
    public static let httpIdleSecondsMax = 30
    /// Seconds within which an HTTP request must have arrived completely.
    public static let httpRequestSecondsMax = 30
    /// Bytes of a reply that wait for a slow HTTP client.
    public static let httpPieceBytes = 64 << 10
    /// Instances that all groups of settings may have together.
    public static let settingInstancesMax = 1_024
    /// Bytes of a request over HTTP that may be looked at on the thread of all connections.
    public static let briefBodyBytesMax = 4_096
    /// Bytes that a request may announce whose password is still to be derived; a longer one waits
    /// for the derivation before its body is read.
    public static let undecidedBodyBytesMax = 64 << 10
    /// Milliseconds that a thread for answers over HTTP waits for the next one.
    public static let httpWorkerIdleMilliseconds = 5_000
    /// Most words of a role of the HTTP port.
    public static let accessRulesMax = 256
    /// Most roles of the HTTP port, most users, and most tokens.
    public static let accountsMax = 256
    /// Longest password or token in bytes.
    public static let credentialBytesMax = 512
    /// Most credentials that are kept as checked, so that a password is not derived every time.
    public static let checkedCredentialsMax = 256
    /// Wrong credentials that an address may present in a row before it has to wait.
    public static let wrongCredentialsBurst = 10
    /// Most client addresses whose rate is counted; further ones displace those that are idle.
    public static let countedClientsMax = 16_384
    /// Largest file with a certificate or a key in bytes.
    public static let certificateBytesMax = 1 << 20
    /// Longest value of a header field of HTTP that is looked at.
    public static let httpFieldBytesMax = 2_048
    /// Most origins that may call from a browser.
    public static let originsMax = 64
    /// Most events that wait for one reader of the event stream; a slower one is dropped.
    public static let eventsWaitingMax = 1_024
    /// Most events that are kept for readers who come back.
    public static let eventsKeptMax = 4_096
    /// Most readers of the event stream.
    public static let eventReadersMax = 64
    /// Largest event of the event stream in bytes; larger ones are left out.
    public static let eventBytesMax = 16 << 10
    /// Most ranges in `allowed_ips`.
    public static let allowedRangesMax = 256
    /// Largest body of a BINRPC packet in bytes: what a reply may have at most.
    public static let binrpcBodyBytesMax = 256 << 20
    /// Largest body of a BINRPC request in bytes, as Kamailio's input buffer has it.
    public static let binrpcRequestBytesMax = 65_535
    /// Largest reply that kamcmd reads, header included.
    public static let kamcmdReplyBytesMax = 128 << 10
    /// Deepest nesting of BINRPC structures.
    public static let binrpcDepthMax = 32
    /// Most values side by side in a BINRPC body; kamcmd sends at most 256 arguments.
    public static let binrpcValuesMax = 65_536
    /// Longest text of a BINRPC fault in bytes.
    public static let binrpcFaultBytesMax = 255
    /// Most replies of which further pages wait to be asked for.
    public static let binrpcRepliesParkedMax = 32
    /// Seconds that further pages of a reply wait to be asked for.
    public static let binrpcParkedSecondsMax = 60
    /// Most bytes of BINRPC replies that are in memory at one time.
    public static let binrpcReplyBytesInMemoryMax = 512 << 20
    /// Most connections of one control socket (Kamailio's ctl: 128).
    public static let channelConnectionsMax = 128
    /// Seconds after which a connection of a control socket without a request is closed (ctl: 120).
    public static let channelIdleSecondsMax = 120
    /// Seconds within which a request must have arrived once its first byte has, and a peer must
    /// have taken something of an answer.
    public static let channelStallSecondsMax = 30
    /// Most sockets and named pipes that one module listens on for commands.
    public static let channelsMax = 64
    /// Most processes' worth of workers for datagrams (`dgram_workers`).
    public static let datagramWorkersMax = 64
    /// Largest request in a datagram, and largest answer, in bytes.
    public static let controlDatagramBytesMax = 65_456
    /// Largest request over a named pipe in bytes.
    public static let fifoRequestBytesMax = 65_536
    /// Seconds after which the beginning of a request in a named pipe is thrown away.
    public static let fifoRequestSecondsMax = 5
    /// Longest name of a named pipe for an answer in bytes.
    public static let fifoNameBytesMax = 64
    /// Most answers over named pipes that are being written.
    public static let fifoAnswersMax = 16
    /// Milliseconds that a named pipe for an answer may stay without a reader.
    public static let fifoReaderMillisecondsMax = 2_000
    /// Longest text of a command's parameters, or of a value, in the record of changes.
    public static let loggedParametersBytesMax = 512
    /// Most changes that one command tells of in the record of changes.
    public static let changesPerCallMax = 64
    /// Most entries that the record of changes keeps.
    public static let auditEntriesMax = 1_000

    // MARK: What scripts collect for a message

    /// Most values of `$avp`, most roots of `$xavp`, and most attributes of a root.
    public static let attributesPerMessageMax = 256
    /// Longest time that `sleep()` and `usleep()` hold a worker up, in microseconds.
    public static let scriptSleepMicrosecondsMax = 10_000_000
    /// Longest time that `lock()` waits, in microseconds.
    public static let scriptLockMicrosecondsMax = 1_000_000
    /// Most hash tables of `htable`.
    public static let hashTablesMax = 256
    /// Most entries of one hash table.
    public static let hashTableEntriesMax = 1_000_000
    /// Longest key of a hash table in bytes.
    public static let hashTableKeyBytesMax = 1_024
    /// Most walks over hash tables that a worker has begun.
    public static let hashTableIteratorsMax = 4
    /// Most changes of one message that wait to be made.
    public static let messageEditsMax = 256

    // MARK: Lua

    /// Most memory of one Lua state; a script that wants more gets an error.
    public static let luaMemoryBytesMax = 64 << 20
    /// Most instructions of Lua for one message; a script that wants more is stopped.
    public static let luaInstructionsMax = 10_000_000
    /// Most processor time of Lua for one message, in milliseconds.
    public static let luaMillisecondsMax = 1_000
    /// Most Lua files of one configuration.
    public static let luaFilesMax = 32
    /// Most pseudo-variables that a Lua state keeps compiled; further ones compile at each use.
    public static let luaNamesMax = 1_024
    /// Most bound calls that a Lua state keeps of one function, for arguments that are constant.
    public static let luaBindingsMax = 32
    /// Most Lua states that wait for the next event of the control plane.
    public static let luaStatesIdleMax = 8

    // MARK: Event documents

    /// Largest event document that is read, in bytes: what one message can carry.
    public static let xmlBytesMax = 65_535
    /// Deepest nesting of elements in an event document.
    public static let xmlDepthMax = 64
    /// Most elements of an event document.
    public static let xmlElementsMax = 4_096
    /// Most attributes of one element; libxml2 compares each with each.
    public static let xmlAttributesMax = 64
    /// Most documents of one presentity that are put together into one.
    public static let composedDocumentsMax = 64
    /// Largest composed document in bytes: with its header section it fits into one message.
    public static let composedBytesMax = 61_440
    /// Largest document with rules of authorisation in bytes.
    public static let rulesBytesMax = 1 << 20
    /// Most elements of a document with rules; who lists watchers one by one needs one for each.
    public static let rulesElementsMax = 32_768
    /// Most presentities whose rules are kept in memory; further ones displace the oldest.
    public static let ruleBookEntriesMax = 131_072
    /// Most presentities whose rules wait to be read; further ones are asked for again later.
    public static let rulesWantedMax = 65_536
    /// Most rules of one presentity; each may ask whether another matches.
    public static let rulesMax = 1_024

    /// Most registrations of one document that are taken over.
    public static let registrationsPerDocumentMax = 256
    /// Most URIs to follow whose SUBSCRIBE waits for its turn.
    public static let followedWaitingMax = 1_000_000
    /// Most dialogs whose last NOTIFY is remembered.
    public static let followedDialogsMax = 2_000_000

    // MARK: Calls

    /// Most calls that are followed at a time.
    public static let dialogsMax = 1 << 20
    /// Most calls that are followed under one Call-ID.
    public static let dialogsPerCallIDMax = 16
    /// Longest text that is kept of a call: a URI, a tag, a set of routes, in bytes.
    public static let dialogTextBytesMax = 1_024
    /// Most values that scripts keep with one call.
    public static let dialogVariablesMax = 32
    /// Most groups that one call is counted in.
    public static let dialogProfilesMax = 16
    /// Most presentities that one side of a call is published for.
    public static let presentitiesPerCallMax = 16
    /// Most groups that a configuration declares.
    public static let profilesMax = 64

    // MARK: Load generator

    /// Most addresses-of-record of one load: what seven digits can name.
    public static let loadUsersMax = 10_000_000
    /// Most requests of one load.
    public static let loadRequestsMax = 1_000_000_000
    /// Most requests of a load that wait for a reply.
    public static let loadWindowMax = 65_536
    /// Most subscriptions of one load.
    public static let loadDialogsMax = 4_000_000
    /// Longest entity tag or tag of a dialog that a load keeps, in bytes.
    public static let loadTagBytesMax = 96
    /// Most sockets of a load.
    public static let loadSocketsMax = 1_024

    // MARK: Names

    /// Longest domain name in bytes, in text form (RFC 1035 2.3.4).
    public static let domainNameBytesMax = 253
    /// Longest label of a domain name in bytes (RFC 1035 2.3.4).
    public static let domainLabelBytesMax = 63
    /// Most questions that one search for a target asks.
    public static let questionsPerSearchMax = 64
    /// Most places that one search for a target finds; further ones are not tried.
    public static let candidatesPerSearchMax = 16
    /// Most SRV records, and most NAPTR records, of one answer that are followed.
    public static let servicesPerSearchMax = 16
    /// Most aliases (CNAME) that are followed from one name.
    public static let aliasesPerNameMax = 8
    /// Most records that are read of one answer.
    public static let recordsPerAnswerMax = 256
    /// Most answers that are kept.
    public static let cachedAnswersMax = 8_192
    /// Most questions that wait for a name server.
    public static let questionsInFlightMax = 4_096
    /// Most searches that wait for answers.
    public static let searchesMax = 65_536
    /// Most name servers that are asked: the library watches two sockets of each, 16 in all.
    public static let nameServersMax = 8
    /// Largest file of host names that is read, in bytes.
    public static let hostsFileBytesMax = 1 << 20
    /// Most destinations that are blocked at a time.
    public static let blockedDestinationsMax = 16_384

    // MARK: The presence user agent

    /// Most requests that wait for the thread of the user agent.
    public static let userAgentQueueMax = 1 << 18
    /// Most publications and subscriptions that are worked on at a time.
    public static let userAgentJobsMax = 1 << 18
    /// Most wishes about one publication or subscription that wait and cannot be merged.
    public static let pendingWishesMax = 16
    /// Most next hops that are remembered while nothing goes there.
    public static let idleLanesMax = 1_024
    /// Records that are looked at for refreshing in one second, at least.
    public static let refreshesPerTurnMin = 1_000
    /// Longest document that is published, in bytes.
    public static let publishedBytesMax = 60_000
    /// Most seconds that anything is asked for: a hundred days.
    public static let userAgentExpiresMax = 8_640_000
    /// Longest challenge that is answered, in bytes.
    public static let challengeBytesMax = 2_048
    /// Most challenges of one response that are looked at.
    public static let challengesMax = 8
    /// Most commands that wait for the reply to a PUBLISH at one time.
    public static let publishWaitersMax = 16

    // MARK: Counters and metrics

    /// Most counters that a script declares.
    public static let scriptCountersMax = 1_024
    /// Longest name of a counter's group, and of a counter, in bytes.
    public static let counterNameBytesMax = 64
    /// Longest name of a metric of the script, and of a label, in bytes.
    public static let metricNameBytesMax = 128
    /// Most metrics that a script declares.
    public static let scriptMetricsMax = 256
    /// Most combinations of label values of all metrics of a script; further ones are refused.
    public static let metricSeriesMax = 10_000
    /// Longest value of a label, in bytes; a longer one is cut off.
    public static let metricLabelBytesMax = 256
    /// Most buckets of a histogram of the script.
    public static let metricBucketsMax = 64
    /// Largest page of metrics of the script, in bytes.
    public static let metricPageBytesMax = 16 << 20

    // MARK: Remote control

    /// Largest answer that roostctl lays out as tables; larger ones are printed as they come.
    public static let laidOutBytesMax = 1 << 20
    /// Longest head of an HTTP answer.
    public static let httpHeadBytesMax = 64 << 10
    /// Longest string of an answer that is printed as it comes.
    public static let printedStringBytesMax = 1 << 20
    /// Most lines of the prompt's history.
    public static let historyLinesMax = 1_000
    /// Longest line at the prompt, in characters.
    public static let promptLineMax = 4_096
    /// Most columns of a table that roostctl prints.
    public static let tableColumnsMax = 64
    /// Longest password or token in a file that roostctl reads.
    public static let secretBytesMax = 4_096
    /// Longest answer that `roostctl watch` and `roostctl top` take for one frame.
    public static let frameBytesMax = 16 << 20
    /// Longest event that `roostctl watch --events` takes.
    public static let followedEventBytesMax = 1 << 20
}
