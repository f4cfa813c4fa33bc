import Basics
import ModuleKit
import Testing

private let udp = ListeningSocket(
    transport: .udp, address: PeerAddress(ipv4: 0xc000_0201, port: 5060))
private let tcp = ListeningSocket(
    transport: .tcp, address: PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 5070))
private let tls = ListeningSocket(
    transport: .tls, address: PeerAddress(ipv4: 0xc000_0201, port: 5061))
private let shown = ListeningSocket(
    transport: .udp, address: PeerAddress(ipv4: 0x0a00_0001, port: 5060),
    advertised: "edge.example:5080")

/// The lines that are written, joined by `|`.
private func written(
    _ route: RecordRoute, from incoming: ListeningSocket?, to outgoing: ListeningSocket?
) -> String {
    var writer = ByteWriter()
    route.write(into: &writer, incoming: incoming, outgoing: outgoing)
    return writer.text.replacing("\r\n", with: "|")
}

/// A route with some of its parts set.
private func route(_ change: (inout RecordRoute) -> Void) -> RecordRoute {
    var route = RecordRoute()
    change(&route)
    return route
}

@Suite("Record-Route")
struct RecordRouteTests {
    @Test("the port that a transport has by default is left out, others and names are shown")
    func sockets() {
        let route = RecordRoute()
        #expect(written(route, from: udp, to: udp) == "Record-Route: <sip:192.0.2.1;lr>|")
        #expect(
            written(route, from: tcp, to: tcp)
                == "Record-Route: <sip:[2001:db8::1]:5070;transport=tcp;lr>|")
        #expect(
            written(route, from: tls, to: tls)
                == "Record-Route: <sip:192.0.2.1;transport=tls;lr>|")
        #expect(
            written(route, from: shown, to: shown) == "Record-Route: <sip:edge.example:5080;lr>|")
    }

    @Test("an IPv6 address keeps its brackets without a port")
    func brackets() {
        var socket = tcp
        socket.address.port = 5060
        #expect(
            written(RecordRoute(), from: socket, to: socket)
                == "Record-Route: <sip:[2001:db8::1];transport=tcp;lr>|")
    }

    @Test(
        "two fields are written never, when the sockets differ, or always",
        arguments: [
            (0, true, 1), (0, false, 1), (1, true, 1), (1, false, 2), (2, true, 2), (2, false, 2),
        ])
    func doubling(mode: Int, isSame: Bool, count: Int) {
        let route = route { $0.doubling = mode }
        let text = written(route, from: udp, to: isSame ? udp : tcp)
        let fields = text.split(separator: "|")
        #expect(fields.count == count)
        #expect(fields.allSatisfy { $0.contains(";r2=on") == (count == 2) })
        if count == 2, !isSame {
            #expect(fields[0].contains("2001:db8::1") && fields[1].contains("192.0.2.1"))
        }
    }

    @Test("without an outgoing socket the incoming one counts for both, without any there is none")
    func missing() {
        #expect(written(RecordRoute(), from: udp, to: nil) == "Record-Route: <sip:192.0.2.1;lr>|")
        #expect(written(RecordRoute(), from: nil, to: nil) == "")
        #expect(written(RecordRoute(), from: nil, to: udp) == "")
    }

    @Test("user, tag and parameters stand in Kamailio's order")
    func parts() {
        let full = route {
            $0.user = Array("gw".utf8)
            $0.fromTag = Array("t1".utf8)
            $0.parameters = Array(";did=1.2;x=y".utf8)
            $0.isFullLooseRoute = true
            $0.isSecure = true
        }
        #expect(
            written(full, from: udp, to: udp)
                == "Record-Route: <sips:gw@192.0.2.1;lr=on;ftag=t1;did=1.2;x=y>|")
        var fronted = full
        fronted.host = .advertised(Array("front.example".utf8))
        #expect(
            written(fronted, from: udp, to: udp)
                == "Record-Route: <sips:gw@front.example;ftag=t1;lr=on;did=1.2;x=y>|")
    }

    @Test("an advertised address stands with the transport and in both of two fields")
    func advertised() {
        let fronted = route { $0.host = .advertised(Array("front.example:9".utf8)) }
        #expect(
            written(fronted, from: udp, to: tcp)
                == "Record-Route: <sip:front.example:9;transport=tcp;r2=on;lr>|"
                + "Record-Route: <sip:front.example:9;r2=on;lr>|")
    }

    @Test("what the script gives is written as it is, once or twice, whatever the sockets are")
    func preset() {
        let one = route {
            $0.host = .preset(Array("1.2.3.4:5090;transport=tcp".utf8), nil)
            $0.fromTag = Array("x".utf8)
        }
        let expected = "Record-Route: <sip:1.2.3.4:5090;transport=tcp;ftag=x;lr>|"
        #expect(written(one, from: nil, to: nil) == expected)
        #expect(written(one, from: udp, to: tcp) == expected)
        let two = route {
            $0.host = .preset(Array("a;r2=on".utf8), Array("b;r2=on".utf8))
            $0.doubling = 0
        }
        #expect(
            written(two, from: udp, to: udp)
                == "Record-Route: <sip:a;r2=on;lr>|Record-Route: <sip:b;r2=on;lr>|")
    }
}
