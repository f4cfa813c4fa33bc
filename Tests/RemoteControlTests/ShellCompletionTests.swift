import Testing

@testable import RemoteControl

@Suite("What shells complete")
struct ShellCompletionTests {
    /// A server that knows a few commands and settings.
    private let server = AnsweringServer { request in
        request.contains("cfg.list")
            ? #"{"jsonrpc":"2.0","result":["registrar: max_expires","core: debug"],"id":1}"#
            : #"{"jsonrpc":"2.0","result":["ul.dump","ul.lookup","cfg.get","evil\u001b"],"id":1}"#
    }

    private func candidates(_ words: String...) -> [String] {
        let completion = ShellCompletion(
            environment: ["ROOST_URL": server.url, "ROOST_PROGRAM": "/no/such/program"])
        return completion.candidates(words)
    }

    @Test("the first word is a command of roostctl or of the server")
    func commands() {
        #expect(candidates("u") == ["ul.dump", "ul.lookup"])
        #expect(
            candidates("") == [
                "cfg.get", "completion", "config", "explain", "top", "ul.dump", "ul.lookup",
                "watch",
            ])
        #expect(candidates("--json", "ul.l") == ["ul.lookup"])
        #expect(candidates("x") == [])
    }

    @Test("options are offered for a dash, and values behind those that have some")
    func options() {
        #expect(candidates("--f") == ["--format"])
        #expect(candidates("--format", "") == ["json", "outline", "table"])
        #expect(candidates("--format", "t") == ["table"])
        #expect(candidates("--token-file", "/tm") == [":files"])
        #expect(candidates("--url", "") == [])
        #expect(candidates("--format=json", "cfg") == ["cfg.get"])
        let all = candidates("--")
        #expect(all.contains("--insecure") && all.contains("--timeout"))
    }

    @Test("the server is the one that the words name")
    func named() {
        let other = AnsweringServer { _ in #"{"jsonrpc":"2.0","result":["other.one"],"id":1}"# }
        #expect(candidates("--url", other.url, "other") == ["other.one"])
        #expect(other.requests.count == 1)
    }

    @Test("behind a command of the server stand its arguments, as at the prompt")
    func arguments() {
        #expect(candidates("cfg.get", "") == ["core", "registrar"])
        #expect(candidates("cfg.get", "registrar", "m") == ["max_expires"])
        #expect(candidates("watch", "cfg.get", "reg") == ["registrar"])
        #expect(candidates("watch", "-n", "2", "ul.d") == ["ul.dump"])
        #expect(candidates("watch", "--events", "ex") == ["expiry"])
        #expect(candidates("watch", "--e") == ["--events"])
        #expect(candidates("ul.dump", "") == [])
    }

    @Test("roostctl's own commands have theirs")
    func own() {
        #expect(candidates("completion", "") == ["bash", "fish", "zsh"])
        #expect(candidates("config", "") == ["check"])
        #expect(candidates("config", "check", "x") == [":files"])
        #expect(candidates("top", "") == ["--interval", "--once", "--sort"])
        #expect(candidates("top", "--sort", "s") == ["slowest"])
        #expect(candidates("explain", "x") == [], "there is no program to ask")
    }

    @Test("nobody is asked for a password while a shell waits")
    func noQuestion() {
        #expect(candidates("--user", "ann", "ul.") == [])
        #expect(server.requests == [])
    }

    @Test("a server that does not answer costs candidates and nothing else")
    func noServer() {
        let completion = ShellCompletion(environment: ["ROOST_URL": "http://127.0.0.1:1"])
        #expect(completion.candidates(["ul."]) == [])
        #expect(completion.candidates(["wa"]) == ["watch"])
    }

    @Test("the scripts are printed for the shells there are", arguments: CompletionScript.shells)
    func scripts(_ shell: String) {
        for words in [["completion", shell], ["--generate-completion-script", shell]] {
            let output = Memory()
            let status = ControlSession.main(
                words, environment: [:], output: output, errors: Memory())
            #expect(status == 0)
            #expect(output.text.contains("roostctl --complete"))
            #expect(output.text.hasSuffix("\n"))
        }
    }

    @Test("another shell is refused with those there are")
    func noShell() {
        for words in [["completion", "tcsh"], ["completion"], ["--json", "completion", "a", "b"]] {
            let errors = Memory()
            let status = ControlSession.main(
                words, environment: [:], output: Memory(), errors: errors)
            #expect(status == 2)
            #expect(errors.text.contains("bash, fish, zsh"))
        }
    }

    @Test("without the server's program, what it answers is refused with the way out")
    func noProgram() {
        let errors = Memory()
        let status = ControlSession.main(
            ["explain", "save"], environment: ["ROOST_PROGRAM": "/no/such/program"],
            output: Memory(), errors: errors)
        #expect(status == 3)
        #expect(errors.text.contains("/no/such/program"))
        #expect(
            ControlSession.main(
                ["config", "chek"], environment: [:], output: Memory(), errors: errors) == 2)
    }

    @Test("the status is that of the program, and the format goes along")
    func program() throws {
        for (program, status) in [("/bin/true", Int32(0)), ("/bin/false", 1)] {
            let found = ControlSession.main(
                ["--json", "config", "check", "x"], environment: ["ROOST_PROGRAM": program],
                output: Memory(), errors: Memory())
            #expect(found == status)
        }
        let lines = ServerProgram.lines(
            ["explain", "--list", "a b"], ["ROOST_PROGRAM": "/bin/echo"])
        #expect(lines == ["explain --list a b"])
        #expect(ServerProgram.lines([], ["ROOST_PROGRAM": "/bin/false"]) == [])
    }
}
