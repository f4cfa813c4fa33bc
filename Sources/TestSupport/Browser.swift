internal import Basics
internal import Foundation
public import JSONValue
internal import Synchronization

/// Debian's Chromium without a window, with one page that a test looks at and works with.
///
/// It is steered by the DevTools protocol. One thread uses it; it ends with its last reference.
public final class Browser: Sendable {
    /// What the browser refused, or a script that threw.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    /// What it has told.
    private struct State {
        var lastID: Int64 = 0
        var session: String?
        var complaints: [String] = []
    }

    private let folder: TemporaryFolder
    private let pipe: DevToolsPipe
    private let program: StartedProgram
    private let state = Guarded(State())

    /// Starts it with an empty page of a size in pixels.
    public init(width: Int = 1_200, height: Int = 900) throws {
        folder = try TemporaryFolder()
        pipe = try DevToolsPipe(folder)
        guard let path = ToolPath.installed("chromium") else {
            throw StartedProgram.Failure(description: "chromium is not installed")
        }
        // A continuous integration runs as root and with a small /dev/shm; the profile is a folder
        // of the test's own, so that two browsers do not meet.
        let options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--disable-breakpad", "--hide-scrollbars",
            "--user-data-dir=\(folder.file("profile"))", "--remote-debugging-pipe", "about:blank",
        ]
        program = try StartedProgram(
            "/bin/sh",
            ["-c", "exec \"$0\" \"$@\" 3<'\(pipe.commands)' 4>'\(pipe.answers)'", path] + options,
            output: folder.file("log"))
        let target = try command("Target.createTarget", ["url": "about:blank"])["targetId"] ?? ""
        let session = try command(
            "Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"]?.text
        state.withLock { $0.session = session }
        for domain in ["Page", "Runtime", "Log"] { try command("\(domain).enable") }
        try resize(width: width, height: height)
    }

    deinit {
        // Asked to, it ends its helpers as well.
        try? pipe.send(["id": 0, "method": "Browser.close"])
        _ = program.wait(seconds: 5)
    }

    // MARK: The page

    /// Goes to an address and waits until its document is complete.
    public func open(_ url: String) throws {
        try command("Page.navigate", ["url": .string(url)])
        guard try waits(for: "document.readyState === 'complete'") else {
            throw Failure(description: "\(url) does not load")
        }
    }

    /// Gives the page another size.
    public func resize(width: Int, height: Int, scale: Int = 1) throws {
        try command(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(Int64(width)), "height": .integer(Int64(height)),
                "deviceScaleFactor": .integer(Int64(scale)), "mobile": false,
            ])
    }

    /// Has the page believe that its reader likes dark pages, or light ones.
    public func prefer(isDark: Bool) throws {
        try command(
            "Emulation.setEmulatedMedia",
            [
                "features": [
                    ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
                ]
            ])
    }

    /// The value of an expression of JavaScript; a promise is waited for.
    @discardableResult
    public func evaluate(_ expression: String) throws -> JSONValue {
        var answer: JSONValue?
        // A page that is being left answers nothing; the next one does.
        for attempt in 1...10 where answer == nil {
            do {
                answer = try command(
                    "Runtime.evaluate",
                    [
                        "expression": .string(expression), "awaitPromise": true,
                        "returnByValue": true, "userGesture": true,
                    ])
            } catch let failure as Failure
                where attempt < 10 && failure.description.contains("navigated or closed")
            {
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        guard let answer else { throw Failure(description: "\(expression): no answer") }
        if let thrown = answer["exceptionDetails"] {
            let words = thrown["exception"]?["description"]?.text ?? thrown.encoded()
            throw Failure(description: "\(expression): \(words)")
        }
        return answer["result"]?["value"] ?? .null
    }

    /// The text of an expression.
    public func text(_ expression: String) throws -> String {
        try evaluate(expression).text ?? ""
    }

    /// Whether an expression becomes true in time.
    public func waits(for expression: String, seconds: Double = 20) throws -> Bool {
        try eventually(within: seconds) { try evaluate(expression) == true }
    }

    // MARK: Hands

    /// A key with its code, for what is no letter.
    public enum Key: String, Sendable {
        /// To the next element.
        case tab = "Tab"
        /// Presses what has the focus.
        case enter = "Enter"
        /// Closes a window.
        case escape = "Escape"

        /// The code that Windows has for it, which the protocol asks for.
        fileprivate var code: Int64 {
            switch self {
            case .tab: 9
            case .enter: 13
            case .escape: 27
            }
        }
    }

    /// Presses a key and lets it go.
    public func press(_ key: Key) throws {
        var members: [JSONValue.Member] = [
            .init("key", .string(key.rawValue)), .init("code", .string(key.rawValue)),
            .init("windowsVirtualKeyCode", .integer(key.code)),
        ]
        // Only with its character does Enter press a button.
        if key == .enter { members.append(.init("text", "\r")) }
        for type in ["keyDown", "keyUp"] {
            try command(
                "Input.dispatchKeyEvent", .object([.init("type", .string(type))] + members))
        }
    }

    /// Types a text into what has the focus.
    public func type(_ text: String) throws {
        try command("Input.insertText", ["text": .string(text)])
    }

    /// Clicks the first visible element that a selector finds and whose text or label holds words.
    public func click(_ selector: String, _ words: String = "") throws {
        let script = """
            (() => {
              const found = [...document.querySelectorAll(\(Self.literal(selector)))].find((one) =>
                one.checkVisibility() && `${one.textContent} ${one.ariaLabel ?? ""}`
                  .includes(\(Self.literal(words))));
              found?.click();
              return found !== undefined;
            })()
            """
        guard try waits(for: script) else {
            throw Failure(description: "there is no \(selector) with \"\(words)\" to click")
        }
    }

    /// A text as JavaScript writes it.
    public static func literal(_ text: String) -> String { JSONValue.string(text).encoded() }

    // MARK: What is seen

    /// What the page complained of.
    ///
    /// Errors and warnings of the console, scripts that threw, what the Content-Security-Policy
    /// stopped, requests that failed.
    public var complaints: [String] {
        // What was told before this answer has been read with it.
        _ = try? evaluate("0")
        return state.withLock { $0.complaints }
    }

    /// A picture of what is on the screen, as PNG, in a file.
    public func capture(to path: String) throws {
        let answer = try command("Page.captureScreenshot", ["format": "png"])
        guard let data = Data(base64Encoded: answer["data"]?.text ?? "") else {
            throw Failure(description: "no picture")
        }
        try data.write(to: URL(fileURLWithPath: path))
    }

    // MARK: The protocol

    /// Runs a command of the protocol for the page; what else is told meanwhile is noted.
    @discardableResult
    private func command(_ method: String, _ parameters: JSONValue = [:]) throws -> JSONValue {
        let (id, session) = state.withLock { state in
            state.lastID += 1
            return (state.lastID, state.session)
        }
        var members: [JSONValue.Member] = [
            .init("id", .integer(id)), .init("method", .string(method)),
            .init("params", parameters),
        ]
        if let session { members.append(.init("sessionId", .string(session))) }
        try pipe.send(.object(members))
        let end = monotonicSeconds() + 60
        while let message = try pipe.receive(until: end) {
            guard message["id"] == .integer(id) else {
                note(message)
                continue
            }
            if let error = message["error"] {
                throw Failure(description: "\(method): \(error.encoded())")
            }
            return message["result"] ?? [:]
        }
        throw Failure(
            description: "\(method): no answer: \(folder.text(of: "log").suffix(1_000))")
    }

    /// Keeps what is a complaint.
    private func note(_ message: JSONValue) {
        let parameters = message["params"] ?? [:]
        let complaint: String?
        switch message["method"]?.text {
        case "Runtime.exceptionThrown":
            complaint = parameters["exceptionDetails"]?.encoded()
        case "Runtime.consoleAPICalled":
            let kind = parameters["type"]?.text ?? ""
            complaint = ["error", "warning", "assert"].contains(kind) ? parameters.encoded() : nil
        case "Log.entryAdded":
            let entry = parameters["entry"] ?? [:]
            let isBad = entry["level"] == "error" || entry["level"] == "warning"
            let words = "\(entry["source"]?.text ?? ""): \(entry["text"]?.text ?? "")"
            complaint = isBad ? "\(words) \(entry["url"]?.text ?? "")" : nil
        default: complaint = nil
        }
        if let complaint { state.withLock { $0.complaints.append(complaint) } }
    }
}
