/// The numbers that the house agreed on; each is a limit that `Tidy` holds the tree to.
public enum HouseNumbers {
    /// Longest line in characters, in Swift, C and shell files.
    public static let lineCharactersMax = 100
    /// Longest function in lines, from its signature to its closing brace.
    public static let functionLinesMax = 70
    /// Median length of a function that we aim for; reported, never a finding.
    public static let functionLinesAim = 8
    /// Longest Swift file in lines.
    public static let fileLinesMax = 500
    /// Share of comment lines among the lines that are not blank, over all of `Sources`.
    ///
    /// The aim is 0.20 to 0.30; above the aim there is some room before it is a finding, because
    /// too much said does less harm than too little.
    public static let commentDensity = 0.20...0.35
    /// Share of comment lines that the tree has reached; below it is a finding.
    ///
    /// It lies under the aim, and is to be raised until it can go.
    public static let commentDensityReached = 0.195
    /// Fewest lines of tests for a line of source.
    public static let testLinesPerSourceLine = 1.0
    /// Lines of tests for a line of source that the tree has reached; below it is a finding.
    ///
    /// It lies under the aim, and is to be raised until it can go.
    public static let testLinesPerSourceLineReached = 0.93
    /// Fewest preconditions and assertions for a function in `assertiveTargets`.
    public static let preconditionsPerFunction = 0.5

    /// The targets whose state must not go wrong silently, so they assert what they rely on.
    public static let assertiveTargets: Set<String> = [
        "Locations", "SIPSyntax", "Subscriptions", "Transactions",
    ]

    /// The targets of layers 1 to 3, which do without Foundation: they are on the road of every
    /// message, and Foundation's strings and dates allocate.
    public static let targetsWithoutFoundation: Set<String> = [
        "Basics", "Digest", "EventDocuments", "JSONValue", "Locations", "ModuleKit", "SIPSyntax",
        "Storage", "StorageMariaDB", "StorageSQLite", "Transactions", "Transport",
    ]

    /// Modules that come with the toolchain and need no row in Package.swift.
    public static let systemModules: Set<String> = [
        "Dispatch", "Glibc", "Swift", "Synchronization",
    ]

    /// Files that may be longer than `fileLinesMax`, each with the reason.
    public static let longFiles: [String: String] = [:]

    /// Beginnings of the words that a proof of an unchecked conformance to Sendable needs.
    public static let proofWords = [
        "sendable", "share", "sharing", "thread", "lock", "mutex", "atomic", "immutable", "own",
    ]

    /// Whether a word of a comment, in lower case, speaks of what makes sharing safe.
    static func isProofWord(_ word: Substring) -> Bool {
        proofWords.contains { word.hasPrefix($0) }
    }

    /// Words that name nothing: a thing has a name or it is not understood yet.
    public static let emptyNames: Set<String> = [
        "common", "helper", "helpers", "manager", "managers", "util", "utilities", "utility",
        "utils",
    ]

    /// Names that others gave: these modules are called so in every configuration.
    public static let givenNames = ["SIPUtils", "CfgUtils", "NATHelper"]

    /// The folder of `Sources` that only tests use; its lines count as lines of tests.
    public static let testSupportFolder = "Sources/TestSupport/"
}
