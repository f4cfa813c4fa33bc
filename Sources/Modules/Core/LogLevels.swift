/// Levels of the log for single parts of the server: `usrloc=3, tm=-1`.
///
/// A part is a module by the name that `loadmodule` takes, or a part of the server itself, such as
/// `transport`.
public struct LogLevels: Sendable, Equatable {
    /// The level of each part that has one, by the name without underscores and in small letters.
    private var levels: [String: Int] = [:]

    /// No part has a level of its own.
    public init() {}

    /// Reads the form of core parameter `log_levels`; what is wrong in it is left out.
    public init(_ text: String) {
        for entry in text.split(separator: ",") {
            guard let (name, level) = Self.read(entry) else { continue }
            levels[Self.key(name)] = level
        }
    }

    /// Whether no part has a level of its own.
    public var isEmpty: Bool { levels.isEmpty }

    /// The highest level that a part has.
    public var most: Int? { levels.values.max() }

    /// The level of a part: of a module, or of the Swift module that it is written in.
    public func level(of part: String) -> Int? { levels[Self.key(part)] }

    /// What is wrong with a text, for the one who wrote it; nil when nothing is.
    public static func fault(_ text: String) -> String? {
        for entry in text.split(separator: ",") where read(entry) == nil {
            return "is a list of module=level with levels of -5 (alert) to 9, as usrloc=3,tm=0"
        }
        return nil
    }

    private static func read(_ entry: Substring) -> (name: Substring, level: Int)? {
        let sides = entry.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let level = Int(trimmed(sides[1])), (-5...9).contains(level)
        else { return nil }
        let name = trimmed(sides[0])
        return name.isEmpty ? nil : (name, level)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// `cfg_rpc` is written in the Swift module `CfgRPC`: both are `cfgrpc`.
    private static func key(_ name: some StringProtocol) -> String {
        name.lowercased().filter { $0 != "_" }
    }
}
