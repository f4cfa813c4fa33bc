import Testing

/// Transformations of random texts, compared with what Swift's own library makes of them.
///
/// The text comes in a header field, in hexadecimal, so that it may hold any byte.
@Suite("Laws of transformations")
struct TransformationModelTests {
    /// A script that says what each chain makes of the text, `null` for null.
    private func rig(_ chains: [String]) throws -> ScriptRig {
        let lines = chains.map { chain in
            """
            $vn(r) = $(vn(s)\(chain));
            if (defined $vn(r)) { note("=" + $vn(r)); } else { note("null"); }
            """
        }
        return try ScriptRig(
            "$vn(s) = $(hdr(X-In){s.decode.hexa});\n" + lines.joined(separator: "\n"))
    }

    /// What the chains of a rig make of some bytes, nil for null.
    private func run(_ rig: ScriptRig, _ bytes: [UInt8]) throws -> [String?] {
        let digits = hexadecimal(bytes)
        let message = ScriptRig.request.replacing("X-Multi: one", with: "X-In: \(digits)")
        return try rig.run(message).map { $0 == "null" ? nil : String($0.dropFirst()) }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
    }

    /// Repeatable random numbers.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }

        /// Some letters of an alphabet.
        mutating func text(_ lengths: ClosedRange<Int>, _ alphabet: String) -> String {
            let letters = Array(alphabet)
            return String(
                (0..<Int.random(in: lengths, using: &self)).map { _ in
                    letters[Int.random(in: 0..<letters.count, using: &self)]
                })
        }

        /// Some bytes of a range.
        mutating func bytes(_ lengths: ClosedRange<Int>, _ range: ClosedRange<UInt8>) -> [UInt8] {
            (0..<Int.random(in: lengths, using: &self)).map { _ in
                UInt8.random(in: range, using: &self)
            }
        }
    }

    @Test("what is encoded and decoded is what it was, whatever bytes it holds")
    func encodings() throws {
        let names = ["hexa", "base64", "base64t", "base64url", "base64urlt", "base58"]
        var chains = names.map { "{s.encode.\($0)}{s.decode.\($0)}{s.encode.hexa}" }
        chains.append("{s.urlencode.param}{s.urldecode.param}{s.encode.hexa}")
        chains.append("{s.escape.common}{s.unescape.common}{s.encode.hexa}")
        let rig = try rig(chains)
        var dice = Dice(state: 1)
        for _ in 0..<150 {
            let bytes = dice.bytes(1...60, 0...255)
            let results = try run(rig, bytes)
            #expect(results == chains.map { _ in hexadecimal(bytes) })
        }
    }

    @Test("the zeros ahead of a number in base 58 are digits of their own")
    func base58() throws {
        let rig = try rig([
            "{s.encode.base58}", "{s.encode.base58}{s.decode.base58}{s.encode.hexa}",
        ])
        for zeros in 1...20 {
            for rest in [[], [1], [0xff, 0xff]] as [[UInt8]] {
                let bytes = [UInt8](repeating: 0, count: zeros) + rest
                let results = try run(rig, bytes)
                #expect(results[0]?.prefix { $0 == "1" }.count == zeros)
                #expect(results[1] == hexadecimal(bytes))
            }
        }
    }

    @Test("users and parameters of URIs survive being escaped, but for control characters")
    func escapes() throws {
        let rig = try rig([
            "{s.escape.user}{s.unescape.user}{s.encode.hexa}",
            "{s.escape.param}{s.unescape.param}{s.encode.hexa}", "{s.escape.user}",
        ])
        var dice = Dice(state: 2)
        for _ in 0..<100 {
            let bytes = dice.bytes(1...40, 32...126) + dice.bytes(0...10, 128...255)
            let results = try run(rig, bytes)
            #expect(results[0] == hexadecimal(bytes))
            #expect(results[1] == hexadecimal(bytes))
            #expect(results[2]?.utf8.allSatisfy { $0 > 32 && $0 < 127 } == true)
        }
        for byte in [0, 9, 10, 31, 127] as [UInt8] {
            let results = try run(rig, [65, byte])
            #expect(results[0] == nil && results[1] == nil)
        }
    }

    @Test("characters of seven bits survive being packed")
    func sevenBits() throws {
        let rig = try rig([
            "{s.encode.7bit}{s.decode.7bit}{s.encode.hexa}", "{s.encode.7bit}{s.len}",
        ])
        var dice = Dice(state: 3)
        for length in 1...64 {
            // A zero character at the end cannot be told from padding.
            let bytes = dice.bytes(length...length, 1...127)
            let results = try run(rig, bytes)
            #expect(results[0] == hexadecimal(bytes))
            #expect(results[1] == "\((length * 7 + 7) / 8 * 2)")
        }
    }

    @Test("fields between separators are those that split finds, counted from both ends")
    func fields() throws {
        let rig = try rig((-5...5).map { "{s.select,\($0),:}" })
        var dice = Dice(state: 4)
        for _ in 0..<150 {
            let text = dice.text(1...20, "ab:")
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let expected = (-5...5).map { index -> String? in
                let place = index < 0 ? parts.count + index : index
                return parts.indices.contains(place) ? String(parts[place]) : ""
            }
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("what stands before and behind a character, from the left and from the right")
    func around() throws {
        let rig = try rig([
            "{s.before,=}", "{s.after,=}", "{s.rbefore,=}", "{s.rafter,=}", "{s.count,=}",
            "{s.stripto,=}",
        ])
        var dice = Dice(state: 5)
        for _ in 0..<150 {
            let text = dice.text(1...16, "xy=")
            let first = text.firstIndex(of: "=")
            let last = text.lastIndex(of: "=")
            let expected: [String?] = [
                String(text[..<(first ?? text.endIndex)]),
                first.map { String(text[text.index(after: $0)...]) } ?? "",
                String(text[..<(last ?? text.endIndex)]),
                last.map { String(text[text.index(after: $0)...]) } ?? "",
                "\(text.count { $0 == "=" })", first.map { String(text[$0...]) } ?? "",
            ]
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("parts by offset and length, from both ends")
    func parts() throws {
        let rig = try rig([
            "{s.substr,3,4}", "{s.substr,-4,2}", "{s.strip,3}", "{s.striptail,3}", "{s.len}",
        ])
        var dice = Dice(state: 6)
        for _ in 0..<100 {
            let text = dice.text(1...12, "abcdefgh")
            let count = text.count
            let expected: [String?] = [
                count > 3 ? String(text.dropFirst(3).prefix(4)) : nil,
                count >= 4 ? String(text.suffix(4).prefix(2)) : nil, String(text.dropFirst(3)),
                String(text.dropLast(3)), "\(count)",
            ]
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("white space goes from the sides that are named, digits and letters change alone")
    func trimming() throws {
        let rig = try rig([
            "{s.trim}", "{s.ltrim}", "{s.rtrim}", "{s.rmws}", "{s.numeric}", "{s.toupper}",
            "{s.tolower}{s.toupper}{s.tolower}",
        ])
        var dice = Dice(state: 7)
        for _ in 0..<150 {
            let text = dice.text(1...14, " \t\r\na9Z[")
            let isBlank = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 10 || byte == 13 }
            let bytes = Array(text.utf8)
            let left = Array(bytes.drop(while: isBlank))
            let right = Array(bytes.reversed().drop(while: isBlank).reversed())
            let both = Array(right.drop(while: isBlank))
            let expected =
                [
                    both, left, right, bytes.filter { !isBlank($0) },
                    bytes.filter { $0 >= 48 && $0 <= 57 },
                ].map { String(decoding: $0, as: UTF8.self) } + [
                    text.uppercased(), text.lowercased(),
                ]
            #expect(try run(rig, bytes) == expected, "\(bytes)")
        }
    }

    @Test("a text is replaced wherever it stands, from left to right and not within itself")
    func replacing() throws {
        let rig = try rig(["{s.replace,ab,X}", "{s.replace,aa,ab}", "{s.rm,b}", "{s.replace,a,}"])
        var dice = Dice(state: 8)
        for _ in 0..<150 {
            let text = dice.text(1...20, "aab")
            let expected: [String?] = [
                text.replacing("ab", with: "X"), text.replacing("aa", with: "ab"),
                text.replacing("b", with: ""), text.replacing("a", with: ""),
            ]
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("lines end with a newline, whose carriage return is no part of them")
    func lines() throws {
        let rig = try rig(["{line.count}", "{line.at,0}", "{line.at,-1}", "{line.sw,b}"])
        var dice = Dice(state: 9)
        for _ in 0..<150 {
            let words = (0..<Int.random(in: 1...6, using: &dice)).map { _ in dice.text(1...3, "abc")
            }
            let end = Bool.random(using: &dice) ? "\r\n" : "\n"
            let last = Bool.random(using: &dice) ? end : ""
            let text = words.joined(separator: end) + last
            let expected: [String?] = [
                "\(words.count)", words[0], words[words.count - 1],
                words.first { $0.hasPrefix("b") } ?? "",
            ]
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("parameters are found by name in any case, and by place from both ends")
    func parameters() throws {
        let rig = try rig([
            "{param.count}", "{param.name,0}", "{param.valueat,-1}", "{param.value,B}",
            "{param.in,b}", "{param.name,99}",
        ])
        var dice = Dice(state: 10)
        for _ in 0..<150 {
            var pairs: [(name: String, value: String)] = []
            for _ in 0..<Int.random(in: 1...5, using: &dice) {
                pairs.append((dice.text(1...2, "abB"), dice.text(0...3, "xyz:1")))
            }
            let text = pairs.map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }
                .joined(separator: Bool.random(using: &dice) ? ";" : "; ")
            let named = pairs.filter { $0.name.lowercased() == "b" }
            let expected: [String?] = [
                "\(pairs.count)", pairs[0].name, pairs[pairs.count - 1].value,
                named.last?.value ?? "", named.isEmpty ? "0" : "1", "",
            ]
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("the parts of a URI are what it was put together from")
    func uris() throws {
        let rig = try rig([
            "{uri.scheme}", "{uri.user}", "{uri.passwd}", "{uri.host}", "{uri.port}",
            "{uri.params}", "{uri.headers}", "{uri.saor}", "{uri.transport}",
        ])
        var dice = Dice(state: 11)
        for _ in 0..<150 {
            let scheme = Bool.random(using: &dice) ? "sip" : "sips"
            let user = dice.text(1...6, "aZ0-_.!~*'()&=+$,;?/")
            let secret = dice.text(0...4, "mM0&=+$,")
            let host = dice.text(1...1, "h") + dice.text(0...5, "ab1")
            let port = Int.random(in: 0...65_535, using: &dice)
            let value = dice.text(1...4, "tcpUDP")
            let headers = "Subject=" + dice.text(0...3, "xyz")
            let text =
                "\(scheme):\(user):\(secret)@\(host):\(port);transport=\(value);lr?\(headers)"
            let expected: [String?] = [
                scheme, user, secret, host, "\(port)", "transport=\(value);lr", headers,
                "\(scheme):\(user)@\(host)", value,
            ]
            #expect(try run(rig, Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test("random bytes are taken by every transformation without harm", arguments: [1, 2])
    func hostile(seed: UInt64) throws {
        let chains = [
            "{s.decode.base64}", "{s.decode.base64url}", "{s.decode.base58}", "{s.decode.7bit}",
            "{s.int}", "{s.unquote}", "{s.unbracket}", "{s.unescape.user}", "{s.urldecode.param}",
            "{uri.user}", "{uri.tosocket}", "{uri.duri}", "{uri.suri}", "{uri.param,x}",
            "{nameaddr.name}", "{nameaddr.uri}", "{nameaddr.len}", "{tobody.uri}", "{tobody.tag}",
            "{tobody.params}", "{tobody.user}", "{param.count}", "{param.value,a}", "{line.count}",
            "{sock.host}", "{sock.port}", "{sock.touri}", "{urialias.encode}", "{urialias.decode}",
            "{url.path}", "{url.querystring}", "{val.json}", "{val.jsonqe}", "{sql.val}",
            "{num.fdigit}", "{num.ldigit}", "{s.escape.csv}", "{re.subst,/a*/b/g}",
        ]
        let rig = try rig(chains)
        var dice = Dice(state: seed)
        for _ in 0..<100 {
            let noise =
                Bool.random(using: &dice)
                ? dice.bytes(1...40, 0...255)
                : Array(dice.text(1...40, "sip:a@b;=\"<>?&%4~1\\,\n \r[]:").utf8)
            let results = try run(rig, noise)
            #expect(results.count == chains.count)
        }
    }
}
