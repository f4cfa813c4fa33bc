internal import Management

/// The page at `/`: documents that are part of the program, so that it works from any directory.
///
/// They hold nothing of this server and are served without credentials, or nobody could be asked to
/// log in; all that the page shows it gets from `/rights`, `/RPC`, `/events` and `/health`.
enum Page {
    /// Where the parts of the page are, beside `/`.
    static let folder = "/page/"

    /// The page and its parts.
    static func endpoints() -> [any HTTPEndpoint] {
        let page = StaticPage(
            path: "/", type: "text/html; charset=utf-8", body: PackageResources.index_html,
            isOpen: true)
        return [page]
            + parts.map { part in
                StaticPage(
                    path: folder + part.name, type: part.type, body: part.body, isOpen: true)
            }
    }

    /// Names, media types and bytes of the parts.
    private static var parts: [(name: String, type: String, body: [UInt8])] {
        let scripts = [
            ("changes.js", PackageResources.changes_js), ("chart.js", PackageResources.chart_js),
            ("confirm.js", PackageResources.confirm_js), ("dom.js", PackageResources.dom_js),
            ("events.js", PackageResources.events_js), ("format.js", PackageResources.format_js),
            ("history.js", PackageResources.history_js), ("login.js", PackageResources.login_js),
            ("main.js", PackageResources.main_js), ("overview.js", PackageResources.overview_js),
            ("pager.js", PackageResources.pager_js), ("presence.js", PackageResources.presence_js),
            ("registrations.js", PackageResources.registrations_js),
            ("rpc.js", PackageResources.rpc_js), ("server.js", PackageResources.server_js),
            ("settings.js", PackageResources.settings_js),
        ]
        return scripts.map { ($0.0, "text/javascript; charset=utf-8", $0.1) } + [
            ("style.css", "text/css; charset=utf-8", PackageResources.style_css),
            ("icon.svg", "image/svg+xml", PackageResources.icon_svg),
        ]
    }
}
