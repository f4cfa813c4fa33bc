import Basics
import Locations
import Logging
import ModuleKit
import SIPSyntax
import Usrloc

/// Telling the script of bindings that have expired, whoever found them: the timer, a later
/// registration, or the database.
extension RegistrarModule {
    /// Listens to expiries, if the script has a route for them.
    func listenToExpiries() {
        guard services.hasEventRoute(ExpiredContacts.route) else { return }
        let number = profileNumber(Self.expiredProfile)
        usrloc.listen(to: .expired) { [weak self] table, events, now in
            self?.tell(of: events, in: table, now: now, profile: number)
        }
    }

    /// Runs the route once for each binding; no lock is held, so it may look into the table.
    private func tell(
        of events: borrowing LocationEvents, in table: LocationTable, now: WallTime,
        profile number: Int
    ) {
        var writer = ExpiredContacts(usesDomain: usrloc.parameters.usesDomain)
        events.forEach { event, binding in
            guard event == .expired else { return }
            let request = writer.request(for: binding)
            services.runEventRoute(ExpiredContacts.route) { context in
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
        }
    }
}
