/// What the server calls itself.
public enum ServerVersion {
    /// The release.
    public static let number = "0.1.0"
    /// Name and release, as `--version` and `core.version` say it.
    public static let text = "roost \(number) (\(architecture)/linux)"
    /// The header field that replies carry.
    public static let headerLine = "Server: roost (\(number))\r\n"

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            "unknown"
        #endif
    }
}
