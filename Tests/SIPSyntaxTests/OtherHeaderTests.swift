import Basics
import SIPSyntax
import Testing

/// The smaller header fields.
@Suite("Other header fields")
struct OtherHeaderTests {
    @Test("option tags are found without regard to case")
    func optionTags() throws {
        let message = try loaded(
            Sample.request("Supported: path, GRUU", "k: outbound", "Require: a"))
        #expect(message.supports("path") == true)
        #expect(message.supports("gruu") == true)
        #expect(message.supports("outbound") == true)
        #expect(message.supports("pat") == false)
        #expect(message.lists("a", in: .require) == true)
        var writer = ByteWriter()
        #expect(message.writeUnsupported(.require, into: &writer) { $0.matches("a") } == 0)
        #expect(writer.count == 0)
    }

    @Test("routes are walked in order, and must stand in < >")
    func routes() throws {
        let message = try loaded(
            Sample.request(
                "Path: <sip:p1;lr>;x=1, <sip:p2;lr>", "Path: P <sip:p3>", "Route: sip:bare",
                "Record-Route: <sip:r>"))
        var path = message.routes(.path)
        var uris: [String?] = []
        while let entry = try path.next() { uris.append(message.text(entry.uri)) }
        #expect(uris == ["sip:p1;lr", "sip:p2;lr", "sip:p3"])
        var again = message.routes(.path)
        let first = try again.next()
        #expect(message.text(first?.parameters) == ";x=1")
        #expect(message.text(first?.whole) == "<sip:p1;lr>;x=1")
        var failed = false
        var bare = message.routes(.route)
        do throws(SyntaxError) { _ = try bare.next() } catch { failed = true }
        #expect(failed)
        var none = message.routes(.serviceRoute)
        let nothing = try none.next()
        #expect(nothing == nil)
    }

    @Test("one route is read as a whole value")
    func oneRoute() throws {
        let text = "<sip:a;lr>;b"
        let entry = try with(text) { (bytes) throws(SyntaxError) in
            try RouteEntry(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
        #expect(cut(text, entry.uri) == "sip:a;lr")
    }

    @Test("media types match without regard to case and parameters")
    func mediaTypes() throws {
        let message = try loaded(Sample.request("c: Application/PIDF+xml ; charset=\"utf-8\""))
        let found = try message.contentType
        let type = try #require(found)
        #expect(type.matches("application", "pidf+xml", in: message.bytes) == true)
        #expect(type.matches("application", "sdp", in: message.bytes) == false)
        #expect(message.text(type.parameters) == " ; charset=\"utf-8\"")
        let none = try loaded(Sample.request())
        #expect(try none.contentType == nil)
        for bad in ["application", "/x", "a/", "a/b c", "a/b;"] {
            let message = try loaded(Sample.request("Content-Type: \(bad)"))
            var failed = false
            do throws(SyntaxError) { _ = try message.contentType } catch { failed = true }
            #expect(failed, "\(bad)")
        }
    }

    @Test("an event package may have an id")
    func events() throws {
        let message = try loaded(Sample.request("o: presence.winfo;id=5;x"))
        let event = try message.event
        #expect(message.text(event?.package) == "presence.winfo")
        #expect(message.text(event?.id) == "5")
        let plain = try loaded(Sample.request("Event: reg"))
        #expect(try plain.event?.id == nil)
        let bad = try loaded(Sample.request("Event: reg,dialog"))
        var failed = false
        do throws(SyntaxError) { _ = try bad.event } catch { failed = true }
        #expect(failed)
    }

    @Test("scalars have their ranges")
    func scalars() throws {
        let message = try loaded(
            Sample.request("Max-Forwards: 255", "Expires: 4294967295", "Min-Expires: 60"))
        #expect(message.maxForwards == .value(255))
        #expect(message.expires == .value(.max))
        #expect(message.minExpires == .value(60))
        #expect(message.contentLength == .absent)
        let bad = try loaded(Sample.request("Max-Forwards: 256", "Expires: soon"))
        #expect(bad.maxForwards == .malformed)
        #expect(bad.expires == .malformed)
    }

    @Test(
        "dates are written and read in the one form that is allowed",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_289_690_940, "Sat, 13 Nov 2010 23:29:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (1_703_980_800, "Sun, 31 Dec 2023 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func dates(seconds: Int, text: String) {
        var writer = ByteWriter()
        SIPDate.write(WallTime(seconds: seconds), into: &writer)
        #expect(writer.text == text)
        #expect(with(text) { SIPDate.read($0) } == WallTime(seconds: seconds))
    }

    @Test(
        "what is no such date is refused",
        arguments: [
            "Fri, 01 Jan 2010 16:00:00 EST",
            "",
            "Fri, 01 Jan 2010 16:00:00",
            "Fri, 32 Jan 2010 16:00:00 GMT",
            "Fri, 01 Foo 2010 16:00:00 GMT",
            "Xxx, 01 Jan 2010 16:00:00 GMT",
            "Fri, 01 Jan 2010 24:00:00 GMT",
            "Fri, 00 Jan 2010 16:00:00 GMT",
            "Fri, 01 Jan 1969 16:00:00 GMT",
            "Fri; 01 Jan 2010 16:00:00 GMT",
            "Fri, +1 Jan 2010 16:00:00 GMT",
            "Fri, 01 Jan 2010 16.00.00 GMT",
        ])
    func badDates(text: String) {
        #expect(with(text) { SIPDate.read($0) } == nil)
    }

    @Test("every day of some years is written and read back")
    func allDays() {
        var writer = ByteWriter()
        for day in stride(from: 0, to: 60_000, by: 7) {
            let time = WallTime(seconds: day * 86_400 + day % 86_400)
            writer.removeAll()
            SIPDate.write(time, into: &writer)
            #expect(SIPDate.read(writer.span) == time)
        }
    }
}

/// Dates, day by day.
@Suite("Calendar of SIP dates")
struct SIPDateCalendarTests {
    private func read(_ text: String) -> Int? { with(text) { SIPDate.read($0) }?.seconds }

    @Test(
        "a month has its days and no more, in common years and in leap years",
        arguments: [
            ("Jan", 31), ("Mar", 31), ("Apr", 30), ("May", 31), ("Jun", 30), ("Jul", 31),
            ("Aug", 31), ("Sep", 30), ("Oct", 31), ("Nov", 30), ("Dec", 31),
        ])
    func months(name: String, days: Int) {
        for year in [1970, 2000, 2023, 2024, 2100] {
            for day in 1...31 {
                let text = "Mon, \(day < 10 ? "0" : "")\(day) \(name) \(year) 12:00:00 GMT"
                #expect((read(text) != nil) == (day <= days), "\(text)")
            }
        }
    }

    @Test(
        "February has 29 days in leap years",
        arguments: [
            (1972, true), (2000, true), (2024, true), (2400, true), (1970, false), (2023, false),
            (2100, false), (2200, false), (9999, false),
        ])
    func february(year: Int, isLeap: Bool) {
        #expect((read("Mon, 29 Feb \(year) 00:00:00 GMT") != nil) == isLeap)
        #expect(read("Mon, 28 Feb \(year) 00:00:00 GMT") != nil)
        #expect(read("Mon, 30 Feb \(year) 00:00:00 GMT") == nil)
    }

    @Test("one day follows another, for centuries")
    func consecutive() {
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        var expected = 0
        for year in 1970...2110 {
            for name in names {
                for day in 1...31 {
                    let text = "Mon, \(day < 10 ? "0" : "")\(day) \(name) \(year) 00:00:00 GMT"
                    guard let seconds = read(text) else { continue }
                    if seconds != expected { Issue.record("\(text)") }
                    expected += 86_400
                }
            }
        }
        #expect(expected == 86_400 * (141 * 365 + 34))
    }

    @Test("a leap second is one, a second after it is none; names are spelled as the RFC has them")
    func edges() {
        #expect(read("Sat, 31 Dec 2016 23:59:60 GMT") == 1_483_228_800)
        #expect(read("Sat, 31 Dec 2016 23:59:61 GMT") == nil)
        #expect(read("Sat, 31 Dec 2016 23:60:00 GMT") == nil)
        #expect(read("SAT, 31 Dec 2016 23:59:59 GMT") == nil)
        #expect(read("Sat, 31 dec 2016 23:59:59 GMT") == nil)
        #expect(read("Sat, 31 Dec 2016 23:59:59 gmt") == nil)
        #expect(read("Sat, 31 Dec 2016 23:59:59 GMT ") == nil)
        #expect(read("Sat,  1 Dec 2016 23:59:59 GMT") == nil)
    }
}
