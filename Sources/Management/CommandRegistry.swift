public import ModuleKit

/// All management commands of the modules that are loaded, by name.
///
/// It is built once, when every module is made, and never changes: every listener shares it.
///
/// There is no way to add a command other than to declare it in a module's manifest: what is
/// called, listed, explained, and published in the schema is the same list.
public struct CommandRegistry: Sendable {
    /// The commands in the order of their names.
    public let methods: [BoundMethod]
    private let places: [String: Int]

    /// The commands given; of two with one name the first counts.
    public init(_ methods: [BoundMethod]) {
        var places: [String: Int] = [:]
        var kept: [BoundMethod] = []
        for method in methods.sorted(by: { $0.name < $1.name }) where places[method.name] == nil {
            places[method.name] = kept.count
            kept.append(method)
        }
        self.methods = kept
        self.places = places
    }

    /// The commands of the modules given.
    public init(modules: [LoadedModule]) { self.init(modules.flatMap(\.methods)) }

    /// The command of a name.
    public subscript(name: String) -> BoundMethod? { places[name].map { methods[$0] } }

    /// The known name that is most like `name`, for "did you mean"; nil when none is near.
    ///
    /// Up to three letters may be wrong. Every name is measured, some hundred of them: that is paid
    /// only by a call that fails.
    public func nearest(to name: String) -> String? {
        let ranked = methods.map { (name: $0.name, distance: Self.distance($0.name, name)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= 3 ? best.name : nil
    }

    /// How many letters must be changed, added or removed (Levenshtein); long names are cut.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(64))
        let right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in right.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
