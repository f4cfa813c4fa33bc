// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with; docs/decisions/0001-layers.md says why.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// One target of the package, before it knows its layer.
struct Part {
    /// How the part is built: C shim, library, program or tests.
    enum Kind { case shim, system, library, program, tests }
    let name: String
    let kind: Kind
    let path: String
    let needs: [String]
    let products: [Target.Dependency]
    let pkgConfig: String?
    /// Files in the folder that are neither source nor resource.
    var excludes: [String] = []
    /// Files whose bytes become part of the program, which so needs no folder beside it.
    var embedded: [Resource] = []
}

func library(_ name: String, _ path: String? = nil, needs: [String] = [],
             products: [Target.Dependency] = []) -> Part {
    Part(name: name, kind: .library, path: path ?? "Sources/\(name)", needs: needs,
         products: products, pkgConfig: nil)
}

/// A module that a configuration file loads: a library under Sources/Modules.
func module(_ name: String, needs: [String] = [], products: [Target.Dependency] = [],
            embedded: [Resource] = []) -> Part {
    var part = library(name, "Sources/Modules/\(name)",
                       needs: ["ModuleKit", "Basics", "SIPSyntax", "JSONValue", "Storage"] + needs,
                       products: products + [log])
    part.embedded = embedded
    return part
}

func program(_ name: String, _ path: String? = nil, needs: [String] = [],
             products: [Target.Dependency] = []) -> Part {
    Part(name: name, kind: .program, path: path ?? "Sources/\(name)", needs: needs,
         products: products, pkgConfig: nil)
}

func shim(_ name: String) -> Part {
    Part(name: name, kind: .shim, path: "Sources/\(name)", needs: [], products: [], pkgConfig: nil)
}

/// A shim that wraps a C library.
func shim(_ name: String, needs: [String]) -> Part {
    Part(name: name, kind: .shim, path: "Sources/\(name)", needs: needs, products: [],
         pkgConfig: nil)
}

func system(_ name: String, _ pkgConfig: String) -> Part {
    Part(name: name, kind: .system, path: "Sources/\(name)", needs: [], products: [],
         pkgConfig: pkgConfig)
}

/// Test targets that are named after no single library.
let crosscutting = ["Integration", "Modules"]

func tests(_ name: String, needs: [String] = [], products: [Target.Dependency] = [],
           excludes: [String] = []) -> Part {
    Part(name: "\(name)Tests", kind: .tests, path: "Tests/\(name)Tests",
         needs: (crosscutting.contains(name) ? [] : [name]) + needs, products: products,
         pkgConfig: nil, excludes: excludes)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let arguments: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let lifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

/// The layer of each target seen so far.
var heights: [String: Int] = [:]

/// Declares the targets of one layer; a target may only name targets of lower layers.
@MainActor func layer(_ height: Int, _ parts: [Part]) -> [Target] {
    for part in parts { heights[part.name] = height }
    return parts.map { part in
        for need in part.needs {
            guard let other = heights[need] else {
                fatalError("\(part.name) (layer \(height)) depends on \(need), declared nowhere")
            }
            guard other < height else {
                fatalError(
                    "\(part.name) (layer \(height)) must not depend on \(need) (layer \(other))")
            }
        }
        let needs = part.needs.map { Target.Dependency.target(name: $0) } + part.products
        switch part.kind {
        case .shim: return .target(name: part.name, dependencies: needs, path: part.path)
        case .system:
            return .systemLibrary(name: part.name, path: part.path, pkgConfig: part.pkgConfig)
        case .library:
            return .target(
                name: part.name, dependencies: needs, path: part.path, resources: part.embedded,
                swiftSettings: house)
        case .program:
            return .executableTarget(
                name: part.name, dependencies: needs, path: part.path, swiftSettings: house)
        case .tests:
            return .testTarget(
                name: part.name, dependencies: needs, path: part.path, exclude: part.excludes,
                swiftSettings: house)
        }
    }
}

let standing = ["Core", "Usrloc", "SL", "TM", "PV", "Xlog", "Textops", "SIPUtils", "KEX", "Corex",
                "JSONRPC", "CfgRPC", "CTL", "MicroHTTPD", "DBMySQL", "DBSQLite", "RR", "MaxFwd",
                "Sanity", "CfgUtils", "TextopsX", "Htable", "Path", "Presence", "PUA", "Dialog",
                "XHTTPProm", "Counters"]
let binding = ["Registrar", "NATHelper", "AppLua", "TMX", "PresenceXML", "PresenceReginfo",
               "PresenceDialoginfo", "PresenceMWI", "PUARPC", "PUAUsrloc", "PUABLA",
               "PUADialoginfo", "PUAReginfo"]

var targets: [Target] = []
targets += layer(0, [
    shim("CLinux"), system("CMicroHTTPD", "libmicrohttpd"), system("CGnuTLS", "gnutls"),
    system("CLibXML2", "libxml-2.0"),
    system("CMariaDB", "libmariadb"), system("CSQLite", "sqlite3"),
    system("CLua", "lua5.4"), system("CCares", "libcares"),
])
targets += layer(1, [
    library("Basics", needs: ["CLinux"]), shim("CLuaBridge", needs: ["CLua"]),
])
targets += layer(2, [
    library("SIPSyntax", needs: ["Basics"]),
    library("JSONValue", needs: ["Basics"]),
    library("Storage", needs: ["Basics"]),
    library("EventDocuments", needs: ["Basics", "CLibXML2"]),
])
targets += layer(3, [
    library("Digest", needs: ["Basics"], products: [crypto, cryptoExtras]),
    library("Locations", needs: ["Basics", "SIPSyntax"]),
    library("ModuleKit", needs: ["Basics", "SIPSyntax", "JSONValue", "Storage"], products: [log]),
    library("Transport", needs: ["Basics", "SIPSyntax", "CLinux"], products: nio + [log]),
    library("StorageMariaDB", needs: ["Basics", "Storage", "CMariaDB"]),
    library("StorageSQLite", needs: ["Basics", "Storage", "CSQLite"]),
    library("Transactions", needs: ["Basics", "SIPSyntax"]),
    library("Resolution", needs: ["Basics", "CCares"]),
])
targets += layer(4, [
    library("RouteScript", needs: ["Basics", "SIPSyntax", "ModuleKit"]),
    library("Management", needs: ["Basics", "JSONValue", "ModuleKit", "CMicroHTTPD", "Digest"],
            products: [log]),
    library("Subscriptions", needs: ["Basics", "SIPSyntax"]),
    library("Publications", needs: ["Basics", "SIPSyntax"]),
])
targets += layer(5, [
    module("Core", needs: ["Management"]),
    module("Usrloc", needs: ["Locations"], products: [deque]), module("SL"),
    module("TM", needs: ["Transactions"]), module("PV", needs: ["Digest"]), module("Xlog"),
    module("Textops"), module("SIPUtils"), module("KEX"), module("Corex"),
    module("JSONRPC", needs: ["Management"]), module("CfgRPC", needs: ["Management"]),
    module("CTL", needs: ["Management"]),
    module("MicroHTTPD", needs: ["Management"], embedded: [.embedInCode("Page")]),
    module("DBMySQL", needs: ["StorageMariaDB"]), module("DBSQLite", needs: ["StorageSQLite"]),
    module("RR"), module("MaxFwd"), module("Sanity"), module("CfgUtils"), module("TextopsX"),
    module("Htable"), module("Path"),
    module("Presence", needs: ["Subscriptions"]),
    module("PUA", needs: ["Publications", "EventDocuments", "Digest"]), module("Dialog"),
    module("XHTTPProm", needs: ["Management"]), module("Counters"),
])
targets += layer(6, [
    module("Registrar", needs: ["Locations", "Usrloc"]),
    module("NATHelper", needs: ["Locations", "Usrloc"]),
    module("AppLua", needs: ["RouteScript", "CLuaBridge"]), module("TMX", needs: ["TM"]),
    module("PresenceXML", needs: ["Presence", "Subscriptions", "EventDocuments"]),
    module("PresenceReginfo", needs: ["Presence", "Subscriptions", "EventDocuments"]),
    module("PresenceDialoginfo", needs: ["Presence", "Subscriptions", "EventDocuments"]),
    module("PresenceMWI", needs: ["Presence", "Subscriptions", "EventDocuments"]),
    module("PUARPC", needs: ["PUA", "Publications"]),
    module("PUAUsrloc", needs: ["PUA", "Publications", "Usrloc", "Locations", "EventDocuments"]),
    module("PUABLA", needs: ["PUA", "Publications", "Usrloc", "Locations", "EventDocuments"]),
    module("PUADialoginfo", needs: ["PUA", "Publications", "Dialog", "EventDocuments"]),
    module("PUAReginfo",
           needs: ["PUA", "Publications", "Usrloc", "Locations", "EventDocuments", "Digest"]),
])
targets += layer(7, [
    library("Server", needs: ["Basics", "SIPSyntax", "JSONValue", "Storage", "ModuleKit",
                              "Transport", "RouteScript", "Management", "Locations", "CLinux",
                              "Resolution",
                              "StorageMariaDB", "StorageSQLite"]
            + standing + binding, products: [log, lifecycle, signals]),
    library("RemoteControl", needs: ["Basics", "JSONValue", "CGnuTLS"]),
    library("LoadGenerator", needs: ["Basics", "CLinux"], products: [histogram]),
    library("TidyRules"),
    library("BenchmarkRig", needs: ["Basics", "JSONValue"]),
    library("TestSupport", needs: ["Basics", "JSONValue"]),
    library("FuzzTargets", needs: ["Basics", "SIPSyntax"]),
])
targets += layer(8, [
    program("roost", needs: ["Server", "Basics", "Digest", "JSONValue"], products: [arguments]),
    program("roostctl", needs: ["RemoteControl"]),
    program("roost-load", needs: ["LoadGenerator"], products: [arguments]),
    program("roost-benchmark", needs: ["BenchmarkRig", "LoadGenerator"], products: [arguments]),
    program("roost-tidy", needs: ["TidyRules"], products: [arguments]),
])
targets += layer(9, [
    tests("Basics", needs: ["TestSupport"]),
    tests("SIPSyntax", needs: ["Basics", "FuzzTargets", "TestSupport"]),
    tests("JSONValue", needs: ["Basics"]),
    tests("Storage", needs: ["Basics"], excludes: ["tables.tsv"]),
    tests("Digest", needs: ["Basics"]), tests("Resolution", needs: ["Basics", "TestSupport"]),
    tests("EventDocuments", needs: ["Basics", "CLibXML2", "TestSupport"], excludes: ["Schemas"]),
    tests("Transactions", needs: ["Basics", "SIPSyntax", "TestSupport"]),
    tests("Subscriptions", needs: ["Basics", "SIPSyntax"]),
    tests("Publications", needs: ["Basics", "SIPSyntax", "TestSupport"]),
    tests("Locations", needs: ["Basics", "SIPSyntax", "TestSupport"]),
    tests("ModuleKit", needs: ["Basics", "SIPSyntax", "JSONValue", "Storage", "TestSupport"],
          products: [log]),
    tests("Transport", needs: ["Basics", "SIPSyntax", "CLinux", "TestSupport"],
          products: nio + [log]),
    tests("StorageMariaDB", needs: ["Basics", "Storage", "TestSupport"]),
    tests("StorageSQLite", needs: ["Basics", "Storage"]),
    tests("RouteScript", needs: ["Basics", "SIPSyntax", "JSONValue", "Storage", "ModuleKit",
                                 "TestSupport"],
          products: [log]),
    tests("Management", needs: ["Basics", "JSONValue", "ModuleKit", "Digest", "CLinux",
                                "TestSupport"],
          products: [log], excludes: ["binrpc-captures.json"]),
    tests("Modules", needs: ["Basics", "Digest", "SIPSyntax", "JSONValue", "Storage", "ModuleKit",
                             "Locations", "RouteScript", "Server", "Management", "TestSupport",
                             "EventDocuments", "Transactions", "Subscriptions", "Resolution",
                             "StorageSQLite", "Publications"] + standing + binding,
          products: [log], excludes: ["parameters.tsv"]),
    tests("Server", needs: ["Basics", "SIPSyntax", "JSONValue", "ModuleKit", "Management",
                            "RouteScript", "Storage", "Transport", "Core", "DBMySQL", "DBSQLite",
                            "TestSupport"],
          products: [log]),
    tests("RemoteControl", needs: ["Basics", "JSONValue", "TestSupport"]),
    tests("LoadGenerator", needs: ["Basics", "TestSupport"]),
    tests("TestSupport", needs: ["Basics", "JSONValue"]),
    tests("TidyRules", needs: ["TestSupport"]),
    tests("BenchmarkRig", needs: ["JSONValue", "TestSupport"]),
    tests("Integration", needs: ["TestSupport", "Basics", "JSONValue", "Server"],
          excludes: ["Scenarios", "rpc-captures.json"]),
])

let package = Package(
    name: "roost",
    products: [
        .executable(name: "roost", targets: ["roost"]),
        .executable(name: "roostctl", targets: ["roostctl"]),
        .executable(name: "roost-load", targets: ["roost-load"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: targets)
