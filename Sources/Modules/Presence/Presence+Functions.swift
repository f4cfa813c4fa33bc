internal import Basics
internal import ModuleKit
internal import Subscriptions
internal import Synchronization

/// The functions of the script.
extension PresenceModule {
    /// All of them.
    static var functionRows: [FunctionRow<PresenceModule>] {
        [
            FunctionRow(
                "handle_publish", Argument<ScriptText>.string("sender").optional, routes: .request,
                returns: "1 accepted or 412, -1 any other refusal",
                "Carries a PUBLISH out and answers it."
            ) { (module, context, sender: ScriptText?) in
                module.handlePublish(context, sender: sender)
            },
            FunctionRow(
                "handle_subscribe", Argument<ScriptText>.string("watcher").optional,
                routes: .request,
                returns: "1 accepted, -1 refused", "Carries a SUBSCRIBE out and answers it."
            ) { (module, context, watcher: ScriptText?) in
                module.handleSubscribe(context, watcher: watcher)
            },
            FunctionRow(
                "pres_auth_status", .string("watcher"), .string("presentity"), routes: .request,
                returns: "1 active, 2 pending, 3 terminated, 4 waiting, 5 polite-block, -1 unknown",
                "What the rules of a presentity say about a watcher."
            ) { (module, context, watcher: ScriptText, presentity: ScriptText) in
                module.authorisation(context, watcher, presentity)
            },
            FunctionRow(
                "pres_update_watchers", .string("uri"), .string("event"),
                returns: "1 will be done, -1 not",
                "Has changed rules read and applied to the watchers of a presentity."
            ) { (module, context, uri: ScriptText, event: ScriptText) in
                module.carryOut(.reauthorise, context, uri, event)
            },
            FunctionRow(
                "pres_has_subscribers", .string("uri"), .string("event"),
                returns: "1 somebody, -1 nobody", "Whether somebody watches a presentity."
            ) { (module, context, uri: ScriptText, event: ScriptText) in
                module.hasSubscribers(context, uri, event)
            },
            refreshRow,
        ]
    }

    private static var refreshRow: FunctionRow<PresenceModule> {
        FunctionRow(
            "pres_refresh_watchers", .string("uri"), .string("event"), .integer("type"),
            Argument<ScriptText>.string("file_uri").optional,
            Argument<ScriptText>.string("filename").optional,
            returns: "1 done (type 1) or will be, -1 not",
            "Type 0 applies changed rules, 1 sends NOTIFY again, 2 takes a document up from XCAP."
        ) { (module, context, uri, event, type, place: ScriptText?, name: ScriptText?) in
            let command: WatcherCommand
            switch (type, place, name) {
            case (0, nil, nil): command = .reauthorise
            case (1, nil, nil): command = .notifyAgain
            case (2, let place?, let name?):
                command = .takeDocument(
                    uri: context.bytes(of: place), name: context.bytes(of: name))
            default: return -1
            }
            return module.carryOut(command, context, uri, event)
        }
    }

    /// Carries a command about watchers out; what it orders leaves with this message.
    private func carryOut(
        _ command: WatcherCommand, _ context: ScriptContext, _ uri: ScriptText, _ event: ScriptText
    ) -> Int {
        guard let running = running.load() else { return -1 }
        guard command == .notifyAgain else {
            // Rules and documents come from a database, for which no worker waits.
            let done: Void? = try? handOver(
                command, context.bytes(of: uri), context.bytes(of: event), running)
            return done == nil ? -1 : 1
        }
        let work = context.workspace(settings) { PresenceWorkspace() }
        do throws(WatcherCommandFailure) {
            try carryOut(
                command, context.bytes(of: uri), context.bytes(of: event), running, context.now,
                &work.orders)
        } catch {
            work.orders.removeAll()
            return -1
        }
        storage.load()?.changed()
        running.sender.send(work, in: context)
        return 1
    }

    private func hasSubscribers(
        _ context: ScriptContext, _ uri: ScriptText, _ event: ScriptText
    ) -> Int {
        guard let agent, let name = try? Self.parts(of: context.bytes(of: uri)),
            let package = context.withBytes(of: event, { agent.packages.named($0) })
        else { return -1 }
        let count = agent.subscriptionCount(
            package: package, user: name.user.span, host: name.host.span)
        return count > 0 ? 1 : -1
    }

    /// What the rules of package `presence` say.
    private func authorisation(
        _ context: ScriptContext, _ watcher: ScriptText, _ presentity: ScriptText
    ) -> Int {
        guard let agent, let package = agent.packages.named(Self.presence.span),
            let one = try? Self.parts(of: context.bytes(of: watcher)),
            let other = try? Self.parts(of: context.bytes(of: presentity))
        else { return -1 }
        let declared = agent.packages[package]
        guard declared.needsAuthorisation, let authorise = declared.authorise else { return 1 }
        let answer = authorise(Self.uri(other).span, Self.uri(one).span)
        return switch answer {
        case .allow: 1
        case .confirm, .noRule, .unknown: 2
        case .block: 3
        case .politeBlock: 5
        }
    }

    private static let presence = Array("presence".utf8)

    private static func uri(_ name: (user: [UInt8], host: [UInt8])) -> [UInt8] {
        Array("sip:".utf8) + name.user + (name.user.isEmpty ? [] : [64]) + name.host
    }
}
