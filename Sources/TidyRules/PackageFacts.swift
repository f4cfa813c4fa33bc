public import Foundation

/// What Package.swift says, as far as tidiness needs it.
public struct PackageFacts: Sendable {
    /// A target and what its row names.
    public struct Target: Hashable, Sendable {
        /// Name of the target, which is the name of its module.
        public let name: String
        /// Folder relative to the root of the repository.
        public let path: String
        /// Targets and products that its row names.
        public let dependencies: Set<String>
        /// Whether it holds tests.
        public let isTest: Bool

        /// A target.
        public init(
            name: String, path: String, dependencies: Set<String>, isTest: Bool = false
        ) {
            self.name = name
            self.path = path
            self.dependencies = dependencies
            self.isTest = isTest
        }
    }

    /// All targets.
    public let targets: [Target]

    /// A package of these targets.
    public init(targets: [Target]) {
        self.targets = targets
    }

    /// Reads what `swift package dump-package` prints.
    ///
    /// Throws `DecodingError` when it is not that.
    public init(dump: Data) throws {
        let package = try JSONDecoder().decode(Dump.self, from: dump)
        targets = package.targets.map { row in
            Target(
                name: row.name, path: row.path ?? "Sources/\(row.name)",
                dependencies: Set(row.dependencies.flatMap(\.names)), isTest: row.type == "test")
        }
    }

    /// The target that a file belongs to.
    public func target(of path: String) -> Target? {
        targets.filter { path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
    }
}

/// The document that `swift package dump-package` prints, without what we do not read.
private struct Dump: Decodable {
    let targets: [Row]

    /// A target.
    struct Row: Decodable {
        let name: String
        let path: String?
        let type: String
        let dependencies: [Dependency]
    }

    /// A dependency: `{"target": ["Basics", null]}`, or with `product` or `byName` as the key.
    struct Dependency: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let kinds = try decoder.singleValueContainer().decode([String: [Piece]].self)
            names = kinds.values.compactMap { $0.first?.text }
        }
    }

    /// A piece of a dependency: a name, null or a condition.
    struct Piece: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }
}
