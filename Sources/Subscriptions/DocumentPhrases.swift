internal import Basics

/// What published documents consist of, so that they can be kept packed.
///
/// Markup of PIDF (RFC 3863) with its extensions (RFC 4479, 4480), of dialog-info (RFC 4235) and of
/// message summaries (RFC 3842), as phones write it. A document of another kind is packed too, only
/// not as well. What comes first in the list is reached from short documents only.
enum DocumentPhrases {
    /// The code of all stored documents.
    static let code = PhraseCode(
        phrases: [messageSummary, dialogInfo, extensions, pidf].joined(), sample: sample)

    private static let messageSummary =
        "Messages-Waiting: yes\r\nMessages-Waiting: no\r\nMessage-Account: sip:\r\n"
        + "Voice-Message: 0/0 (0/0)\r\nFax-Message: 0/0 (0/0)\r\n"

    private static let dialogInfo =
        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
        + "state=\"full\" entity=\"sip:<dialog id=\"\" call-id=\"\" local-tag=\"\" "
        + "remote-tag=\"\" direction=\"initiator\" direction=\"recipient\">\n"
        + "<state>trying</state>\n<state>early</state>\n<state>confirmed</state>\n"
        + "<state>terminated</state>\n<remote>\n<identity display=\"\">sip:</identity>\n"
        + "<target uri=\"sip:\"/>\n</remote>\n<local>\n</local>\n</dialog>\n</dialog-info>\n"

    private static let extensions =
        " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
        + " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\""
        + " xmlns:p=\"urn:ietf:params:xml:ns:pidf:data-model\""
        + " xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\""
        + " xmlns:c=\"urn:ietf:params:xml:ns:pidf:cipid\""
        + " xmlns:caps=\"urn:ietf:params:xml:ns:pidf:caps\""
        + " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
        + "<dm:person id=\"p1\"><rpid:activities><rpid:away/><rpid:busy/><rpid:on-the-phone/>"
        + "<rpid:meeting/></rpid:activities><rpid:mood/><dm:note></dm:note></dm:person>\r\n"
        + "<rpid:user-input idle-threshold=\"600\" last-input=\"20</rpid:user-input>"
        + "<dm:device id=\"<dm:deviceID>urn:uuid:</dm:deviceID></dm:device>"
        + "<dm:timestamp></dm:timestamp>"

    private static let pidf =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"
        + "<?xml version='1.0' encoding='UTF-8'?>\r\n<?xml version=\"1.0\"?>\n"
        + "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        + "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:@example.com\">"
        + "<tuple id=\"\">\r\n  <status>\r\n    <basic>closed</basic>\r\n  </status>\r\n"
        + "  <contact priority=\"0.8\">sip:</contact>\r\n  <timestamp>20</timestamp>\r\n"
        + "  <note xml:lang=\"en\"></note>\r\n  </tuple>\r\n</presence>\r\n"
        + "\n  <status>\n    <basic>open</basic>\n  </status>\n  <note></note>\n </tuple>\n"
        + "<status><basic>closed</basic></status><contact priority=\"1.0\">sip:</contact>"
        + "<status><basic>open</basic></status><contact>sip:</contact><timestamp></timestamp>"
        + "<note></note></tuple></presence>\r\n"

    /// Letters and digits as names, times and remarks have them.
    private static let sample =
        "In a meeting until three o'clock, please leave a message. I am working from home today "
        + "and reachable by mail. On the phone, back in a minute; out to lunch, away on holiday. "
        + "Available for a call between nine and five. Busy with customers; please do not disturb."
        + " alice bob carol david anna peter maria thomas user0000001 user0001234 sip:1001@10.0.0.1"
        + ":5060 sip:4021@192.168.1.20:5062;transport=tcp 2026-11-21T17:04:05Z 3f9a27c1e8b04d65 "
        + "a1b2c3d4e5f60789 \"<>/=-_.:;@,\n  "
}
