internal import Basics
internal import SIPSyntax
internal import Subscriptions

/// Why a PUBLISH or SUBSCRIBE is refused, with the status and the words of its answer.
///
/// The words are Kamailio's where it has the same answer; where RFC 3903 or RFC 6665 want another
/// status they are the RFC's.
enum RequestFailure: Error, Equatable {
    /// 400: a header field that is needed is missing or cannot be read.
    case badRequest
    /// 400: a PUBLISH with neither a document nor an entity tag (RFC 3903 6 step 5).
    case invalidRequest
    /// 416: the presentity is no SIP URI.
    case unsupportedScheme
    /// 489 with Allow-Events: the event package is unknown, or cannot be published (RFC 6665 8.3.2,
    /// RFC 3903 6 step 1).
    case badEvent(isPublish: Bool)
    /// 415 with Accept: the document is of another type (RFC 3903 6 step 5).
    case unsupportedType(PackageIndex)
    /// 415 with Accept-Encoding: the document is encoded.
    case unsupportedEncoding
    /// 406: the watcher takes no document of the package (RFC 6665 4.2.1.1).
    case notAcceptable
    /// 412: there is no such entity tag (RFC 3903 6 step 3).
    case conditionFailed
    /// 413: the document is too long.
    case tooLarge
    /// 423 with Min-Expires (RFC 6665 4.2.1.1).
    case tooBrief(minimumSeconds: Int)
    /// 481: there is no such dialog (RFC 6665 4.2.1).
    case unknownDialog
    /// 500: CSeq is not higher than before (RFC 3261 12.2.2).
    case outOfOrder
    /// 500: the module has not started.
    case notStarted
    /// 503: there are as many publications or subscriptions as there may be.
    case full

    /// The status of the answer.
    var status: Int {
        switch self {
        case .badRequest, .invalidRequest: 400
        case .notAcceptable: 406
        case .conditionFailed: 412
        case .tooLarge: 413
        case .unsupportedType, .unsupportedEncoding: 415
        case .unsupportedScheme: 416
        case .tooBrief: 423
        case .unknownDialog: 481
        case .badEvent: 489
        case .outOfOrder, .notStarted: 500
        case .full: 503
        }
    }

    /// The reason phrase of the answer.
    var reason: [UInt8] {
        let words =
            switch self {
            case .badRequest: "Bad request"
            case .invalidRequest: "Invalid request"
            case .notAcceptable: "Not Acceptable"
            case .conditionFailed: "Conditional request failed"
            case .tooLarge: "Request Entity Too Large"
            case .unsupportedType, .unsupportedEncoding: "Unsupported media type"
            case .unsupportedScheme: "Unsupported URI Scheme"
            case .tooBrief: "Interval Too Brief"
            case .unknownDialog: "Subscription does not exist"
            case .badEvent: "Bad Event"
            case .outOfOrder, .notStarted: "Server Internal Error"
            case .full: "Service Unavailable"
            }
        return Array(words.utf8)
    }

    /// Writes the header fields that the answer needs beside those of every answer.
    func writeHeaders(_ packages: PackageTable?, into writer: inout ByteWriter) {
        switch self {
        case .badEvent(let isPublish):
            writer.append("Allow-Events: ")
            Self.writeEvents(packages, isPublish, &writer)
            writer.appendLineEnd()
        case .unsupportedType(let package):
            guard let packages else { return }
            writer.append("Accept: ")
            Self.writeTypes(packages[package], &writer)
            writer.appendLineEnd()
        case .unsupportedEncoding: writer.appendHeader("Accept-Encoding", "identity")
        case .tooBrief(let seconds): writer.appendHeader("Min-Expires", decimal: seconds)
        case .full: writer.appendHeader("Retry-After", decimal: 30)
        default: break
        }
    }

    /// The packages that are there, as a list; of a PUBLISH only those that can be published.
    private static func writeEvents(
        _ packages: PackageTable?, _ isPublish: Bool, _ writer: inout ByteWriter
    ) {
        var isFirst = true
        for package in packages?.packages ?? [] where package.isPublished || !isPublish {
            if !isFirst { writer.append(", ") }
            isFirst = false
            writer.append(package.eventText)
        }
    }

    private static func writeTypes(_ package: EventPackage, _ writer: inout ByteWriter) {
        let types = package.acceptedTypes.isEmpty ? [package.contentType] : package.acceptedTypes
        for (place, type) in types.enumerated() {
            if place > 0 { writer.append(", ") }
            writer.append(type)
        }
    }
}
