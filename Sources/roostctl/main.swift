import Glibc
import RemoteControl

/// The variables of the environment that roostctl looks at.
///
/// They are read here and handed in, so that tests of a run need no environment of their own.
let names = ["ROOST_URL", "ROOST_TOKEN", "ROOST_CA_FILE", "ROOST_PROGRAM", "HOME", "PATH"]
let environment = names.reduce(into: [String: String]()) { found, name in
    guard let value = unsafe getenv(name) else { return }
    found[name] = unsafe String(cString: value)
}

exit(ControlSession.main(Array(CommandLine.arguments.dropFirst()), environment: environment))
