internal import Basics
internal import Logging
internal import Publications
internal import Storage

/// The table `pua`, column for column: how a record becomes a row and a row a record.
///
/// Times are seconds since 1970. A publication leaves the columns of a dialog empty, a subscription
/// `etag` and `tuple_id`; nothing is NULL that Kamailio writes as empty text.
struct PUATable: Sendable {
    /// What became of a row that was read.
    enum Reading: Sendable {
        /// A record.
        case record(PUARecord)
        /// A row of an event package or a source that nobody here knows; it is left alone.
        case foreign
        /// A row that makes no sense, and why; it is left alone.
        case broken(String)
    }

    /// The columns that are written and read, in order; `id` is missing.
    static let columns = [
        "pres_uri", "pres_id", "event", "expires", "desired_expires", "flag", "etag", "tuple_id",
        "watcher_uri", "call_id", "to_tag", "from_tag", "cseq", "record_route", "contact",
        "remote_contact", "version", "extra_headers",
    ]
    /// The columns of texts, in the order of `PUAField`, each with its place and width in bytes.
    private static let texts: [(field: PUAField, place: Int, width: Int)] = [
        (.presentity, 0, 255), (.id, 1, 255), (.etag, 6, 128), (.tupleID, 7, 64),
        (.watcher, 8, 255), (.callID, 9, 255), (.toTag, 10, 128), (.fromTag, 11, 128),
        (.recordRoute, 13, 65_535), (.contact, 14, 255), (.remoteContact, 15, 255),
        (.extraHeaders, 17, 65_535),
    ]
    /// The field of each column that is a text.
    private static let fields: [PUAField?] = {
        var fields = [PUAField?](repeating: nil, count: columns.count)
        for text in texts { fields[text.place] = text.field }
        return fields
    }()

    /// Its name (`db_table`).
    let name: String
    /// The bits of the event packages that are known here; rows of others are left alone.
    let events: PUAEvent

    /// The table of a name.
    init(name: String, events: PUAEvent = PUAEvent(rawValue: Int32.max)) {
        self.name = name
        self.events = events
    }

    /// The table as it has to be.
    var declaration: TableDeclaration {
        var table = KamailioTables.pua
        table.name = name
        return table
    }

    // MARK: Reading

    /// Makes a record of a row of `id` and `columns`.
    func read(_ row: borrowing DatabaseRow) -> Reading {
        guard let id = row.integer(0), let event = Self.number(row, 2), event > 0,
            let source = Self.number(row, 5), source > 0
        else { return .broken("event and flag are bits") }
        guard let expires = row.integer(4), let desired = row.integer(5), expires >= 0,
            desired >= 0
        else { return .broken("expires and desired_expires are times") }
        let kind = PUAEvent(rawValue: event)
        guard kind.shares(events) else { return .foreign }
        var texts: [[UInt8]] = []
        texts.reserveCapacity(Self.texts.count)
        for text in Self.texts { texts.append(Array(copying: row.bytes(text.place + 1))) }
        var record = PUARecord(
            event: kind, source: PUASource(rawValue: source),
            expires: WallTime(seconds: expires), desiredExpires: WallTime(seconds: desired),
            texts: texts)
        record.row = Int64(id)
        record.cseq = Self.number(row, 12) ?? 0
        record.version = Self.number(row, 16) ?? 0
        return Self.fault(in: record).map { .broken($0) } ?? .record(record)
    }

    /// What is wrong with a record that was read, nil when nothing is.
    private static func fault(in record: PUARecord) -> String? {
        if record.isEmpty(.presentity) { return "pres_uri is empty" }
        if record.isSubscription {
            let hasDialog = !record.isEmpty(.callID) && !record.isEmpty(.fromTag)
            return hasDialog ? nil : "a subscription has call_id and from_tag"
        }
        if !record.isEmpty(.callID) { return "a dialog has a watcher_uri" }
        return record.isEmpty(.etag) ? "a publication has an etag" : nil
    }

    /// A number that fits the column's 32 bits; the place is that in `columns`.
    private static func number(_ row: borrowing DatabaseRow, _ place: Int) -> Int32? {
        row.integer(place + 1).flatMap { Int32(exactly: $0) }
    }

    // MARK: Writing

    /// Why a record fits no row, nil when it does.
    ///
    /// A database that is not strict cuts what is too long, and an entity tag that was cut names
    /// nothing: so it is looked at here.
    static func misfit(_ record: PUARecord) -> String? {
        for text in texts where record[span: text.field].count > text.width {
            return "\(columns[text.place]) is longer than \(text.width) bytes"
        }
        let times = [record.expires.seconds, record.desiredExpires.seconds]
        return times.allSatisfy { (0...Int(Int32.max)).contains($0) }
            ? nil : "a time lies beyond the column"
    }

    /// Adds the cells of `columns`.
    ///
    /// With `hasNoTuple`, `tuple_id` is NULL: a unique index has the entity tag and the tuple, and
    /// NULL lets two presentities have the same tag, which two presence servers may well give out.
    static func append(_ record: PUARecord, hasNoTuple: Bool = false, to batch: inout RowBatch) {
        for place in columns.indices {
            switch (place, fields[place]) {
            case (_, .tupleID?) where hasNoTuple: batch.appendNull()
            case (_, let field?): batch.append(record[span: field])
            case (2, _): batch.append(Int(record.event.rawValue))
            case (3, _): batch.append(record.expires.seconds)
            case (4, _): batch.append(record.desiredExpires.seconds)
            case (5, _): batch.append(Int(record.source.rawValue))
            case (12, _): batch.append(Int(record.cseq))
            default: batch.append(Int(record.version))
            }
        }
    }
}

extension PUATable {
    /// Gives an embedded database the table if it lacks it, and checks its version.
    ///
    /// A database server has an administrator who decides about tables, with `roost migrate`.
    func prepare(
        _ connection: any DatabaseConnection, logger: Logger
    ) throws(StorageError) {
        if connection.dialect == .sqlite {
            let report = try Migration(tables: [declaration]).run(on: connection)
            for entry in report.entries where entry.outcome != .verified {
                logger.notice("\(MigrationReport(entry).description)")
            }
        }
        try declaration.checkVersion(on: connection)
    }
}
