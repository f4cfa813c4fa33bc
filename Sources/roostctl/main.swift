import Glibc
import RemoteControl

/// The variables of the environment that roostctl looks at.
///
/// They are read here and handed in, so that tests of a run need no environment of their own.
let environment = ["ROOST_URL", "HOME"].reduce(into: [String: String]()) { found, name in
    guard let value = unsafe getenv(name) else { return }
    found[name] = unsafe String(cString: value)
}

exit(ControlSession.main(Array(CommandLine.arguments.dropFirst()), environment: environment))
