import Basics
import Publications
import Testing

@Suite("Records of the presence user agent")
struct PUARecordTests {
    static func sample() -> PUARecord {
        var record = PUARecord(event: .presence, source: .locations)
        for field in PUAField.allCases { record[field] = Array("text of \(field)".utf8) }
        return record
    }

    @Test("every text can be replaced by a longer, a shorter and an empty one")
    func texts() {
        for field in PUAField.allCases {
            for text in ["", "x", "something that is longer than what was there before"] {
                var record = Self.sample()
                record[field] = Array(text.utf8)
                #expect(record[field] == Array(text.utf8))
                for other in PUAField.allCases where other != field {
                    #expect(record[other] == Array("text of \(other)".utf8))
                }
            }
        }
    }
}
