import Foundation

@testable import BenchmarkRig

/// A program that behaves as a server does, as far as the rig looks: OPTIONS over UDP, commands
/// over HTTP, on the ports of the configuration file that it is given.
///
/// It is written in Perl, which every Debian has, because it has to be a process of its own. What
/// it was asked is kept in a file, and how many contacts it claims to hold is read from another.
final class FakeServer: Sendable {
    /// Whether the interpreter and its sockets are there.
    static let isPossible =
        (try? ChildProcess.run(
            ["perl", "-MIO::Socket::INET", "-MIO::Select", "-e", "1"], secondsMax: 20)) != nil

    private let directory: ScratchDirectory
    /// The program's path.
    let path: String

    /// A program of a name, which decides whether it is taken for Kamailio.
    ///
    /// `onStart` is Perl that is run before it listens.
    init(_ name: String = "roost", onStart: String = "") throws {
        directory = try ScratchDirectory(prefix: "fake-server")
        path = directory.file(name)
        try TextFile.write(
            Self.script.replacing("# ON START", with: onStart), to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        setContacts(0)
    }

    /// The same as one who takes part in a comparison.
    var contestant: Contestant { Contestant(binary: path) }

    /// What it was asked, by all its processes, a line each: method and first parameter.
    var calls: [String] {
        (TextFile.read("\(path).calls") ?? "").split(separator: "\n").map(String.init)
    }

    /// The definitions of each start, in order.
    var starts: [String] { calls.filter { $0.hasPrefix("start") } }

    /// How many contacts it lists and counts from now on.
    func setContacts(_ count: Int) { try? TextFile.write("\(count)", to: "\(path).contacts") }

    private static let script = """
        #!/usr/bin/perl
        use strict;
        use IO::Socket::INET;
        use IO::Select;
        $| = 1;
        if (@ARGV and $ARGV[0] eq '-v') { print "version: imitation 1.0\\nmore\\n"; exit 0; }
        my ($file, @defines);
        while (@ARGV) {
            my $word = shift;
            if ($word eq '-f') { $file = shift; }
            elsif ($word eq '-A') { push @defines, shift; }
        }
        sub note { open(my $f, '>>', "$0.calls"); print $f "$_[0]\\n"; close $f; }
        sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return <$f>; }
        note("start @defines");
        # ON START
        my $text = slurp($file);
        my ($sip) = $text =~ /listen=udp:127\\.0\\.0\\.1:(\\d+)/;
        my ($http) = $text =~ /listen_port", (\\d+)/;
        $http = $sip if $0 =~ /kamailio$/;
        my $udp = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $sip, Proto => 'udp') or die "udp: $!\\n";
        my $tcp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $http,
            Proto => 'tcp', Listen => 16, ReuseAddr => 1) or die "tcp: $!\\n";
        print "listening\\n";
        my $ready = IO::Select->new($udp, $tcp);
        while (1) {
            for my $socket ($ready->can_read) {
                if ($socket == $udp) {
                    my $peer = recv($udp, my $request, 65535, 0);
                    send($udp, "SIP/2.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n", 0, $peer);
                    next;
                }
                my $client = $tcp->accept or next;
                my $request = '';
                while ($request !~ /\\r\\n\\r\\n.*\\}$/s) { sysread($client, $request, 65536, length $request) or last; }
                my ($method) = $request =~ /"method":"([^"]*)"/;
                my ($first) = $request =~ /"params":\\["([^"]*)"/;
                note("$method $first");
                my $count = slurp("$0.contacts") + 0;
                my $body = '{"jsonrpc":"2.0","result":{},"id":1}';
                if ($method eq 'ul.dump') { $body = '[' . ('{"AoR":"x"},' x $count) . '0]'; }
                if ($method eq 'stats.get_statistics') {
                    $body = "{\\"result\\":[\\"usrloc:location_contacts = $count\\"]}";
                }
                my $head = "HTTP/1.1 200 OK\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n";
                print $client $head, $body;
                close $client;
            }
        }
        """
}
