internal import Basics
internal import Foundation
internal import Glibc
internal import Synchronization

/// Ends what tests started and left, however their process ends: one shell at the other end of a
/// socket, which the kernel closes when the process is gone.
///
/// (The kernel's parent-death signal is no use: it comes when the *thread* ends that started a
/// program, and tests run on threads that come and go.)
final class ProgramWatch: Sendable {
    /// The one of this process.
    static let shared = ProgramWatch()

    /// Our end; -1 when there is no watch.
    private let end: Guarded<Int32>

    /// `+ N` a program began, `- N` it is gone and its number may be another's, `d P` a folder.
    private static let script = """
        programs=' '
        folders=
        while read -r what which; do
            case $what in
            +) programs="$programs$which " ;;
            -) programs="${programs%% $which *} ${programs#* $which }" ;;
            d) folders="$folders $which" ;;
            esac
        done
        for number in $programs; do kill -KILL "-$number"; done
        rm -rf $folders
        """

    private init() {
        var ends: [Int32] = [-1, -1]
        guard
            unsafe socketpair(
                AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else {
            end = Guarded(-1)
            return
        }
        let arguments = ["sh", "-c", Self.script]
        var start = ProgramStart(path: "/bin/sh", arguments: arguments)
        start.inputDescriptor = ends[0]
        let number = start.run()
        close(ends[0])
        end = Guarded(number == nil ? -1 : ends[1])
    }

    /// A program that ends with this process.
    func own(program number: Int32) { tell("+ \(number)") }

    /// A program that has ended.
    func forget(program number: Int32) { tell("- \(number)") }

    /// A folder that is removed with this process.
    func own(folder: String) { tell("d \(folder)") }

    private func tell(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        end.withLock { socket in
            guard socket >= 0 else { return }
            _ = unsafe bytes.withUnsafeBytes {
                unsafe send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
    }
}
