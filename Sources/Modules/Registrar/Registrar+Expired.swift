import Basics
import Locations
import Logging
import ModuleKit
import SIPSyntax
import Usrloc

/// Telling the script of bindings that have expired, whoever found them: the timer, a later
/// registration, or the database.
extension RegistrarModule {
    /// Listens to expiries, if the script has a route for them or the settings name a function.
    func listenToExpiries() {
        guard eventCallback != nil || services.hasEventRoute(ExpiredContacts.route) else { return }
        let number = profileNumber(Self.expiredProfile)
        usrloc.listen(to: .expired) { [weak self] table, events, now in
            self?.tell(of: events, in: table, now: now, profile: number)
        }
    }

    /// Runs the route or the function once for each binding; no lock is held, so it may look into
    /// the table.
    private func tell(
        of events: borrowing LocationEvents, in table: LocationTable, now: WallTime,
        profile number: Int
    ) {
        var writer = ExpiredContacts(usesDomain: usrloc.parameters.usesDomain)
        var isMissing = false
        events.forEach { event, binding in
            guard event == .expired else { return }
            let request = writer.request(for: binding)
            let wasRun = runForExpired { context in
                context.now = now
                let profile = profile(number, of: context)
                profile.removeAll()
                profile.found.append(binding)
                profile.table = table.name
                profile.hash = table.hashValue(of: binding.aor)
                do throws(SyntaxError) {
                    try context.message.load(request.span)
                } catch {
                    // The route runs all the same: it may count, or look at $ulc.
                    services.logger.debug("an expired contact makes no request: \(error.reason)")
                }
            }
            if !wasRun { isMissing = true }
        }
        // One line for all of them: thousands may expire in one second.
        guard isMissing, let eventCallback else { return }
        services.logger.warning(
            "registrar: event_callback: the script has no function \(eventCallback)()")
    }

    /// Runs the function that `event_callback` names, or the event route where it names none; false
    /// when the script has no such function.
    ///
    /// As in Kamailio the function takes the place of the route.
    private func runForExpired(_ prepare: (ScriptContext) -> Void) -> Bool {
        guard let eventCallback else {
            services.runEventRoute(ExpiredContacts.route, prepare)
            return true
        }
        return services.runCallback(eventCallback, event: ExpiredContacts.route, prepare)
    }
}
