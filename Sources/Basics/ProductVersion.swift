/// What this program is, as it names itself to operators and to other programs.
public enum ProductVersion {
    /// Its name.
    public static let name = "roost"
    /// Its version.
    public static let number = "0.2.0"
    /// The processor it was built for.
    public static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            "unknown"
        #endif
    }
    /// The compiler that built it.
    public static var compiler: String {
        #if compiler(>=6.4)
            "Swift 6.4 or later"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift 6"
        #endif
    }
    /// How it was built.
    public static var flags: String {
        #if DEBUG
            "DEBUG, USE_TCP, SQLITE, MARIADB"
        #else
            "RELEASE, USE_TCP, SQLITE, MARIADB"
        #endif
    }
    /// Name, version and platform: `roost 0.2.0 (x86_64/linux)`.
    public static var banner: String { "\(name) \(number) (\(architecture)/linux)" }
}
