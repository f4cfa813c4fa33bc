import Basics
import Locations
import Testing

@Suite("A walk over the table")
struct WalkTests {
    private let rig = Rig()

    @Test("sees everything once, in pieces of any size", arguments: [1, 2, 3, 50, 100_000])
    func complete(limit: Int) {
        for user in 0..<300 {
            rig.register("user\(user)", (0...user % 3).map { Offer("sip:\($0)@h") })
        }
        let seen = rig.everything(limit: limit)
        #expect(seen.count == 600)
        #expect(Set(seen.map { $0.aor + $0.uri }).count == 600)
    }

    @Test("shows the bindings of a name one behind the other, expired ones too")
    func grouped() {
        for user in 0..<50 {
            rig.register("user\(user)", [Offer("sip:a@h", expires: 5), Offer("sip:b@h")])
        }
        rig.now += 10
        let names = rig.everything(limit: 1).map(\.aor)
        #expect(names.count == 100)
        for pair in 0..<50 { #expect(names[pair * 2] == names[pair * 2 + 1]) }
    }

    @Test("of an empty table ends")
    func empty() {
        #expect(rig.everything().isEmpty)
    }

    @Test("neither misses nor repeats what stays while other things come and go")
    func underChange() {
        for user in 0..<400 { rig.register("stay\(user)", "sip:s@h") }
        for user in 0..<400 { rig.register("leave\(user)", "sip:l@h") }
        var cursor = LocationCursor()
        var seen: [String] = []
        var turn = 0
        while !cursor.isAtEnd {
            rig.table.walk(&cursor, limit: 3) { view in seen.append(String(copying: view.aor)) }
            if turn < 400 {
                #expect(rig.star("leave\(turn)", cseq: 9).status == .accepted)
                rig.register("come\(turn)", "sip:c@h")
            }
            turn += 1
        }
        let stayed = seen.filter { $0.hasPrefix("stay") }
        #expect(stayed.count == 400)
        #expect(Set(stayed).count == 400)
    }

    @Test("holds a shard for about as many contacts as were asked for")
    func bounded() {
        for user in 0..<2_000 { rig.register("user\(user)", "sip:\(user)@h") }
        var cursor = LocationCursor()
        while !cursor.isAtEnd {
            var count = 0
            rig.table.walk(&cursor, limit: 4) { _ in count += 1 }
            #expect(count <= 4)
        }
    }
}
