import JSONValue
import TestSupport
import Testing

/// A server and a browser that shows its page.
struct PageBench {
    let server: ServerProcess
    let browser: Browser
    var url: String { "http://127.0.0.1:\(server.httpPort)/" }

    init(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        server = try ServerProcess(change)
        browser = try Browser()
    }

    /// A registrar and presence server in one.
    static func everything(_ configuration: inout ServerConfiguration) {
        configuration.modules += ["tm", "presence", "presence_xml"]
        configuration.set("presence_xml", "force_active", 1)
        configuration.set("presence", "subs_db_mode", 0)
        configuration.set("presence", "publ_cache", 2)
        configuration.routes = """
            request_route {
                if (is_method("REGISTER")) { save("location"); exit; }
                if (is_method("PUBLISH")) { handle_publish(); exit; }
                if (is_method("SUBSCRIBE")) { handle_subscribe(); exit; }
                sl_send_reply("200", "OK");
            }
            """
    }

    /// Shows a part of the page.
    func show(_ part: String) throws {
        try browser.open("\(url)#\(part)")
        let isThere = try browser.waits(for: "document.querySelector('main section h2') !== null")
        let text = try text
        try #require(isThere, "\(text)")
        // What the part asks for first has come.
        #expect(try browser.waits(for: "!document.body.innerText.includes('Loading')"))
        let ready = "location.hash !== '#settings' || document.querySelector('.setting') !== null"
        #expect(try browser.waits(for: ready))
    }

    /// Whether the page shows a text in time.
    func shows(_ text: String, in selector: String = "body") throws -> Bool {
        try browser.waits(
            for: """
                (document.querySelector(\(Browser.literal(selector)))?.innerText ?? "")
                  .includes(\(Browser.literal(text)))
                """)
    }

    /// What the page says now.
    var text: String { get throws { try browser.text("document.body.innerText") } }

    /// The contacts that are listed.
    var listed: Int {
        get throws {
            try browser.evaluate("document.querySelectorAll('tbody tr').length").integer ?? 0
        }
    }

    /// Writes a text into the first field of the part and waits for nothing.
    func search(_ text: String) throws {
        try browser.evaluate("document.querySelector('main input[type=search]').select()")
        try browser.type(text)
    }
}

/// The page in a browser: Debian's Chromium, without a window.
@Suite("the page", .onThreads, .serialized)
struct PageTests {
    @Test("figures appear, and what happens is told as it happens")
    func overview() throws {
        let bench = try PageBench(PageBench.everything)
        try bench.show("overview")
        #expect(try bench.shows("ok, up", in: "#state"))
        #expect(try bench.browser.waits(for: "!document.body.innerText.includes('no events')"))
        try bench.server.phone().register("alice", "sip:alice@192.0.2.1")
        #expect(try bench.shows("added: alice at sip:alice@192.0.2.1", in: ".events"))
        let tile = { (name: String) in
            """
            [...document.querySelectorAll('.tile')].find((tile) =>
              tile.firstChild.textContent === '\(name)').lastChild.textContent
            """
        }
        #expect(try bench.browser.waits(for: "\(tile("Users")) === '1'"))
        #expect(try bench.browser.waits(for: "\(tile("Contacts")) === '1'"))
        #expect(
            try bench.browser.waits(
                for: "document.querySelector('polyline').getAttribute('points').includes(' ')"))
        #expect(
            try bench.browser.text("document.querySelector('.chart svg').ariaLabel")
                .contains("REGISTER"))
        #expect(bench.browser.complaints == [])
    }

    @Test("what a stranger sends is text, in the list, in its details and in the events")
    func stranger() throws {
        let bench = try PageBench()
        try bench.show("overview")
        #expect(try bench.browser.waits(for: "!document.body.innerText.includes('no events')"))
        let hostile = #"<script>document.title="x"</script><img src=x onerror=alert(1)>"#
        var message = RegisterMessage("mallory", "sip:mallory@192.0.2.1")
        message.further = ["User-Agent: \(hostile)"]
        #expect(try bench.server.phone().register(message).status == 200)
        #expect(try bench.shows(hostile, in: ".events"))
        try bench.browser.click("nav a", "Registrations")
        #expect(try bench.shows(hostile, in: "tbody"))
        try bench.browser.click("tbody button", "Details")
        #expect(try bench.shows(hostile, in: "dialog"))
        #expect(
            try bench.browser.evaluate("document.querySelectorAll('main img, main script').length")
                == 0)
        #expect(try bench.browser.text("document.title") == "Roost")
        #expect(bench.browser.complaints == [])
    }

    @Test("a search finds by AoR, contact and User-Agent, and a contact is removed once confirmed")
    func removal() throws {
        let bench = try PageBench()
        let phone = try bench.server.phone()
        for (user, agent) in [("alice", "Desk/1"), ("bob", "Softphone/2"), ("carol", "Desk/3")] {
            var message = RegisterMessage(user, "sip:\(user)@192.0.2.1")
            message.further = ["User-Agent: \(agent)"]
            #expect(try phone.register(message).status == 200)
        }
        try bench.show("registrations")
        #expect(try bench.shows("3 users with 3 contacts"))
        for (words, count) in [("DESK", 2), ("bob@192", 1), ("carol", 1), ("nobody", 0)] {
            try bench.search(words)
            #expect(
                try bench.browser.waits(
                    for: "document.querySelectorAll('tbody tr').length === \(count)"), "\(words)")
        }
        try bench.search("alice")
        #expect(try bench.shows("Desk/1", in: "tbody"))
        try bench.browser.click("tbody button", "Remove sip:alice")
        try bench.browser.click("dialog button", "Cancel")
        #expect(try bench.server.uris(of: "alice") == ["sip:alice@192.0.2.1"])
        try bench.browser.click("tbody button", "Remove sip:alice")
        try bench.browser.click("dialog button", "Remove")
        #expect(try bench.shows("sip:alice@192.0.2.1 was removed"))
        #expect(try bench.server.uris(of: "alice") == [])
        #expect(try bench.shows("Nothing found."))
        #expect(bench.browser.complaints == [])
    }

    @Test("a setting is edited within its range, waits, and is in force once committed")
    func setting() throws {
        let bench = try PageBench()
        try bench.show("settings")
        #expect(try bench.shows("max_expires"))
        try bench.search("max_expires")
        try bench.browser.click("main button", "Edit registrar.max_expires")
        #expect(try bench.shows("New value of max_expires"))
        try bench.browser.evaluate("document.querySelector('form.edit input').select()")
        try bench.browser.type("1800")
        try bench.browser.press(.enter)
        #expect(try bench.shows("registrar.max_expires: 0 → 1800", in: ".waiting"))
        #expect(try bench.server.rpc.call("cfg.get", "registrar", "max_expires") == 0)
        try bench.browser.click(".waiting button", "Commit")
        #expect(try bench.shows("The changes are in force."))
        #expect(try bench.server.rpc.call("cfg.get", "registrar", "max_expires") == 1_800)
        // The record names the command.
        try bench.browser.click("nav a", "Changes")
        #expect(try bench.shows("registrar.max_expires: 0 → 1800", in: "tbody"))
        // What is out of range does not leave the form.
        try bench.browser.click("nav a", "Settings")
        try bench.search("Log level")
        try bench.browser.click("main button", "Edit core.debug")
        try bench.browser.evaluate("document.querySelector('form.edit input').select()")
        try bench.browser.type("1000")
        try bench.browser.press(.enter)
        #expect(
            try bench.browser.evaluate("document.querySelector('form.edit input').checkValidity()")
                == false)
        #expect(try bench.server.rpc.call("cfg.diff") == [])
        #expect(bench.browser.complaints == [])
    }

    @Test("a token lets a reader in, who sees no control that would be refused")
    func reader() throws {
        let token = try Credential()
        let bench = try PageBench { token.ask(&$0, as: "board:read") }
        try bench.browser.open(bench.url)
        #expect(try bench.shows("Log in"))
        try bench.enter("wrong", in: "Token")
        #expect(try bench.shows("The server does not know these."))
        try bench.enter(token.secret, in: "Token")
        #expect(try bench.shows("board (read)", in: "#who"))
        #expect(try bench.shows("ok, up", in: "#state"))
        try bench.server.phone().register("alice", "sip:alice@192.0.2.1")
        try bench.browser.click("nav a", "Registrations")
        #expect(try bench.shows("sip:alice@192.0.2.1", in: "tbody"))
        #expect(!(try bench.text).contains("Remove"))
        try bench.browser.click("tbody button", "Details")
        #expect(try bench.shows("Call-ID", in: "dialog"))
        #expect(!(try bench.text).contains("Remove"))
        try bench.browser.press(.escape)
        try bench.browser.click("nav a", "Settings")
        #expect(try bench.shows("max_expires"))
        #expect(!(try bench.text).contains("Edit"))
        // The tab remembers the token and nothing else does.
        #expect(try bench.browser.evaluate("localStorage.length + document.cookie.length") == 0)
        try bench.browser.open("about:blank")
        try bench.browser.open(bench.url)
        #expect(try bench.shows("board (read)", in: "#who"))
        try bench.browser.click("#who button", "Log out")
        #expect(try bench.shows("Log in"))
        #expect(try bench.browser.evaluate("sessionStorage.length") == 0)
        // A browser notes each 401; nothing else may be amiss.
        #expect(bench.browser.complaints.allSatisfy { $0.contains("401") })
    }

    @Test("a name and a password let in, and are forgotten with the page")
    func password() throws {
        let hash = try StartedProgram.run(
            "/bin/sh",
            ["-c", "printf 'gr\u{fc}n: 1\\n' | \"$0\" hash-password", try ToolPath.built("roost")])
        let bench = try PageBench {
            Credential.ask(&$0, "user", "ann:control:\(hash.output.filter { !$0.isWhitespace })")
        }
        try bench.browser.open(bench.url)
        try bench.enter("ann", in: "Name", submits: false)
        try bench.enter("gr\u{fc}n: 1", in: "Password")
        #expect(try bench.shows("ann (control)", in: "#who"))
        try bench.browser.click("nav a", "Settings")
        #expect(try bench.shows("Edit"))
        #expect(try bench.browser.evaluate("sessionStorage.length + localStorage.length") == 0)
        try bench.browser.open("about:blank")
        try bench.browser.open(bench.url)
        #expect(try bench.shows("Log in"))
        #expect(bench.browser.complaints.allSatisfy { $0.contains("401") })
    }

    @Test("publications and watchers are listed, and a document is text")
    func presence() throws {
        let bench = try PageBench(PageBench.everything)
        let alice = try PresencePhone("alice", bench.server)
        #expect(try alice.publish(PresencePhone.document("open"), cseq: 1).status == 200)
        let bob = try PresencePhone("bob", bench.server)
        #expect(try bob.subscribe().reply.status == 200)
        try bench.show("presence")
        #expect(try bench.shows("sip:alice@example.com"))
        #expect(try bench.shows("sip:bob@example.com"))
        #expect(try bench.shows("active"))
        try bench.browser.click("main button", "Document")
        #expect(try bench.shows("<basic>open</basic>", in: "dialog pre"))
        #expect(bench.browser.complaints == [])
    }

    @Test("the server's state names threads, sockets, modules and databases")
    func state() throws {
        let folder = try TemporaryFolder()
        let bench = try PageBench {
            $0.set("usrloc", "db_mode", 2)
            $0.set("usrloc", "db_url", "sqlite:///\(folder.file("data.db"))")
        }
        try bench.show("server-state")
        for words in ["connected", "127.0.0.1", "microhttpd", "udp 127.0.0.1", "Swift"] {
            #expect(try bench.shows(words, in: "main"), "\(words)")
        }
        #expect(bench.browser.complaints == [])
    }

    @Test("a server that goes away is told of, and is back when it is")
    func away() throws {
        let bench = try PageBench()
        try bench.show("overview")
        #expect(try bench.shows("ok, up", in: "#state"))
        bench.server.kill()
        #expect(try bench.shows("does not answer", in: "#state"))
        try bench.server.start()
        #expect(try bench.shows("ok, up", in: "#state"))
        #expect(try bench.browser.waits(for: "!document.body.innerText.includes('no events')"))
        #expect(bench.browser.complaints.allSatisfy { $0.contains("ERR_") })
    }

    @Test("100,000 contacts are paged through and searched without waiting")
    func many() throws {
        let bench = try PageBench()
        let count = 100_000
        var burst = RegisterBurst(port: bench.server.sipPort, users: 0..<count)
        burst.window = 64
        burst.secondsMax = Rig.limit(600)
        #expect(try burst.run().unanswered == 0)
        var start = monotonicSeconds()
        try bench.show("registrations")
        #expect(try bench.shows("100,000 users with 100,000 contacts"))
        #expect(try bench.listed == 50)
        #expect(monotonicSeconds() - start < Rig.limit(10), "the page itself, and the first fifty")
        let names =
            "[...document.querySelectorAll('tbody tr')].map((row) => row.firstChild.textContent)"
        var seen: Set<String> = []
        for page in 1...5 {
            for name in try bench.browser.evaluate(names).items ?? [] {
                seen.insert(name.text ?? "")
            }
            #expect(seen.count == 50 * page)
            start = monotonicSeconds()
            try bench.browser.click(".pager button", "Next")
            #expect(try bench.shows("Page \(page + 1)", in: ".pager"))
            #expect(monotonicSeconds() - start < Rig.limit(3))
        }
        start = monotonicSeconds()
        try bench.search("USER99999@")
        #expect(try bench.browser.waits(for: "\(names).join() === 'user99999'"))
        // Seven calls look at the whole table, one lock at a time.
        #expect(monotonicSeconds() - start < Rig.limit(20))
        #expect(bench.browser.complaints == [])
    }

    // MARK: For everybody

    private static let parts = [
        "overview", "registrations", "presence", "settings", "changes", "server-state",
    ]

    @Test(
        "nothing is wider than a phone, whatever strangers call themselves", arguments: [320, 390])
    func narrow(width: Int) throws {
        let bench = try PageBench(PageBench.everything)
        var message = RegisterMessage(
            "alice", "sip:\(String(repeating: "a", count: 150))@192.0.2.1")
        message.further = ["User-Agent: \(String(repeating: "W", count: 200))"]
        #expect(try bench.server.phone().register(message).status == 200)
        let phone = try PresencePhone("alice", bench.server)
        #expect(try phone.publish(PresencePhone.document("open"), cseq: 1).status == 200)
        try bench.server.rpc.call("cfg.set_now_int", "core", "debug", 1)
        try bench.browser.resize(width: width, height: 700)
        for part in Self.parts {
            try bench.show(part)
            let wide = try bench.browser.text(
                """
                [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility()
                  && !one.closest('svg') && !one.closest('.skip') && one.tagName !== 'CAPTION'
                  && one.getBoundingClientRect().right > innerWidth + 1)
                  .map((one) => one.outerHTML.slice(0, 120)).slice(0, 3).join(' | ')
                """)
            #expect(wide == "", "\(part)")
            #expect(
                try bench.browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
                    == true, "\(part)")
        }
        #expect(bench.browser.complaints == [])
    }

    @Test("text stands out from what is behind it, in light and in dark", arguments: [false, true])
    func contrast(isDark: Bool) throws {
        let bench = try PageBench(PageBench.everything)
        try bench.server.phone().register("alice", "sip:alice@192.0.2.1")
        try bench.browser.prefer(isDark: isDark)
        for part in Self.parts {
            try bench.show(part)
            // 4.5 is what WCAG 2.2 asks for (1.4.3); what is disabled need not.
            let faint = try bench.browser.text(PageScripts.faintTexts)
            #expect(faint == "", "\(part)")
        }
        let back = try bench.browser.text("getComputedStyle(document.body).backgroundColor")
        #expect(back == (isDark ? "rgb(18, 23, 26)" : "rgb(246, 247, 248)"))
    }

    @Test("the keyboard reaches everything, is seen, and comes back from a window")
    func keyboard() throws {
        let bench = try PageBench(PageBench.everything)
        try bench.server.phone().register("alice", "sip:alice@192.0.2.1")
        for part in Self.parts {
            try bench.show(part)
            let missed = try Self.unreached(bench.browser)
            #expect(missed == "", "\(part)")
            // What has no name is a riddle to those who hear the page.
            #expect(try bench.browser.text(PageScripts.unnamed) == "", "\(part)")
        }
        try bench.show("registrations")
        #expect(try bench.shows("sip:alice@192.0.2.1", in: "tbody"))
        try bench.browser.evaluate("document.querySelector('tbody button.danger').focus()")
        try bench.browser.press(.enter)
        #expect(try bench.shows("Remove this contact?", in: "dialog"))
        #expect(try bench.browser.text("document.activeElement.textContent") == "Cancel")
        try bench.browser.press(.escape)
        #expect(try bench.browser.waits(for: "document.querySelector('dialog') === null"))
        #expect(
            try bench.browser.text("document.activeElement.ariaLabel")
                == "Remove sip:alice@192.0.2.1")
        #expect(try bench.server.uris(of: "alice").count == 1)
        #expect(bench.browser.complaints == [])
    }

    /// Goes through the page by Tab: what can have the focus and did not get it or show it.
    private static func unreached(_ browser: Browser) throws -> String {
        let count = try browser.evaluate(PageScripts.beginWalk).integer ?? 0
        try #require(count > 6)
        for _ in 0..<(count + 3) {
            try browser.press(.tab)
            try browser.evaluate(PageScripts.step)
        }
        return try browser.text(PageScripts.endWalk)
    }
}

/// A token for the page.
private struct Credential {
    let secret: String
    private let hash: String

    /// Makes one with the server's own command.
    init() throws {
        let outcome = try StartedProgram.run(
            try ToolPath.built("roost"), ["hash-password", "--token"], seconds: 30)
        let words = outcome.output.split { $0 == " " || $0 == "\n" }
        try #require(words.count == 4)
        secret = String(words[1])
        hash = String(words[3])
    }

    /// Has a server ask for it; `role` is name and role.
    func ask(_ configuration: inout ServerConfiguration, as role: String) {
        Self.ask(&configuration, "token", "\(role):\(hash)")
    }

    /// Has a server ask for credentials.
    static func ask(
        _ configuration: inout ServerConfiguration, _ parameter: String, _ value: String
    ) {
        // A test's server counts as started once it answers RPC to all, where it is listed.
        configuration.modules.removeAll { $0 == "jsonrpcs" }
        configuration.parameters.append("loadmodule \"jsonrpcs.so\"")
        configuration.set("jsonrpcs", "transport", 1)
        configuration.set("microhttpd", parameter, value)
    }
}

extension PageBench {
    /// Writes into the field of a label, and presses Enter.
    fileprivate func enter(_ text: String, in label: String, submits: Bool = true) throws {
        let field = """
            [...document.querySelectorAll('label')].find((one) => one.checkVisibility()
              && one.textContent === \(Browser.literal(label)))?.control
            """
        #expect(try browser.waits(for: "Boolean(\(field))"), "\(label)")
        try browser.evaluate("{ const field = \(field); field.focus(); field.select(); }")
        try browser.type(text)
        if submits { try browser.press(.enter) }
    }
}
