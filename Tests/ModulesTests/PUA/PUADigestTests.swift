import Basics
import Publications
import Testing

@testable import PUA

@Suite("Answers to challenges")
struct PUADigestTests {
    private func asked(
        _ values: [(Bool, String)], user: String = "Mufasa", realm: String = "",
        password: String = "Circle Of Life", method: String = "GET",
        uri: String = "/dir/index.html",
        nonce: String = "0a4f113b", isRepeated: Bool = false
    ) -> PUAChallenge {
        PUAChallenge(
            values: values.map { PUAChallenge.Value(isProxy: $0.0, text: Array($0.1.utf8)) },
            method: Array(method.utf8), uri: Array(uri.utf8), body: [],
            credentials: [
                PUACredentials(
                    realm: Array(realm.utf8), user: Array(user.utf8),
                    password: Array(password.utf8))
            ], clientNonce: Array(nonce.utf8), isRepeated: isRepeated)
    }

    private func answer(_ challenge: PUAChallenge) -> String? {
        PUADigest.answer(challenge).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("the example of RFC 2617 3.5")
    func rfc2617() throws {
        let text =
            "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
            + "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
            + "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""
        let lines = try #require(
            answer(asked([(false, text)], password: "Circle Of Life")))
        #expect(lines.contains("response=\"6629fae49393a05397450978507c4ef1\""))
        #expect(lines.contains("opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""))
        #expect(lines.contains("qop=auth, nc=00000001, cnonce=\"0a4f113b\""))
        #expect(lines.hasPrefix("Authorization: Digest username=\"Mufasa\""))
        #expect(lines.hasSuffix("\r\n"))
    }

    @Test("the example of RFC 7616 3.9.1, and the stronger algorithm is taken")
    func rfc7616() throws {
        func text(_ algorithm: String) -> String {
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                + "algorithm=\(algorithm), nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                + "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        }
        let challenge = asked(
            [(false, text("MD5")), (false, text("SHA-256"))], password: "Circle of Life",
            nonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
        let lines = try #require(answer(challenge))
        #expect(
            lines.contains(
                "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""))
        let weak = try #require(
            answer(
                asked(
                    [(false, text("MD5"))], password: "Circle of Life",
                    nonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")))
        #expect(weak.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""))
    }

    @Test(
        "what cannot be answered is not answered",
        arguments: [
            "Basic realm=\"x\"", "Digest nonce=\"n\"", "Digest realm=\"x\"", "", "Digest",
            "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256",
            "Digest realm=\"x\", nonce=\"n\", qop=\"future\"", "Digest realm=\"x, nonce=n",
            "Digest realm=\"other\", nonce=\"n\"",
        ])
    func unanswerable(text: String) {
        #expect(answer(asked([(false, text)], realm: "x")) == nil)
    }

    @Test("a second challenge is answered only when the nonce was stale")
    func stale() {
        let text = "Digest realm=\"x\", nonce=\"n\""
        #expect(answer(asked([(false, text)], isRepeated: true)) == nil)
        #expect(answer(asked([(false, text + ", stale=true")], isRepeated: true)) != nil)
    }

    @Test("quotes in names are escaped, and each realm is answered")
    func several() throws {
        let lines = try #require(
            answer(
                asked(
                    [
                        (true, "Digest realm=\"a\", nonce=\"1\""),
                        (true, "Digest realm=\"b\", nonce=\"2\""),
                        (false, "Digest realm=\"a\", nonce=\"3\""),
                    ], user: "a\"b\\c")))
        #expect(lines.split(separator: "\r\n").count == 3)
        #expect(lines.split(separator: "Proxy-Authorization").count == 2)
        #expect(lines.contains("username=\"a\\\"b\\\\c\""))
    }
}
