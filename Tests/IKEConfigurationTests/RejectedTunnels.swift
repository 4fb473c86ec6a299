/// Tunnels that cannot be.
extension RenderedDiagnosticsTests {
    private static let nets = "local_net 10.1.0.0/24; remote_net 10.2.0.0/24;"

    /// A tunnel on lines 3 to 6 between what is complete.
    private static func tunnel(
        _ statements: String, remote: String = "192.0.2.2", passive: String = "off"
    ) -> String {
        "remote \(remote) { exchange_mode main; passive \(passive); \(Sample.proposal) }\n\(Sample.sainfo)"
            + "tunnel \"hq\" {\n    remote \(remote);\n    \(statements)\n}\n"
    }

    static let tunnels = [
        Case(
            "a passive remote that is to be called", tunnel("\(nets) start up;", passive: "on"),
            """
            t.conf:4:12: error: remote "192.0.2.2" is passive; say 'start listen'
                    remote 192.0.2.2;
                           ^~~~~~~~~
            """),
        Case(
            "a passive remote that a packet is to call", tunnel(nets, passive: "on"),
            """
            t.conf:4:12: error: remote "192.0.2.2" is passive; say 'start listen'
                    remote 192.0.2.2;
                           ^~~~~~~~~
            """),
        Case(
            "an anonymous remote that is to be called", tunnel("\(nets) start up;", remote: "anonymous"),
            """
            t.conf:4:12: error: remote "anonymous" has no address to connect to; say 'start listen'
                    remote anonymous;
                           ^~~~~~~~~
            """),
        Case(
            "transport mode for networks", tunnel("\(nets) mode transport;"),
            """
            t.conf:5:15: error: mode transport protects two hosts: expected one address
                    \(nets) mode transport;
                              ^~~~~~~~~~~
            """),
        Case(
            "transport mode for a host and a range",
            tunnel("mode transport; local_net 192.0.2.1; remote_net 192.0.2.2-192.0.2.3;"),
            """
            t.conf:5:53: error: mode transport protects two hosts: expected one address
                    mode transport; local_net 192.0.2.1; remote_net 192.0.2.2-192.0.2.3;
                                                                    ^~~~~~~~~~~~~~~~~~~
            """),
        Case(
            "transport mode between families", tunnel("mode transport; local_net ::1; remote_net ::2;"),
            """
            t.conf:3:1: error: in mode transport local_net, remote_net and the remote are of one family
                tunnel "hq" {
                ^~~~~~~~~~~
            """),
        Case(
            "an interface whose name is too long", tunnel("\(nets) interface \"ipsec0123456789a\";"),
            """
            t.conf:5:62: error: a network interface's name has at most 15 characters, this one has 16
                    \(nets) interface "ipsec0123456789a";
                                                                             ^~~~~~~~~~~~~~~~~~
            """),
        Case(
            "an interface that is a pattern", tunnel("\(nets) interface \"ipsec%d\";"),
            """
            t.conf:5:62: error: a network interface's name is made of letters, digits, '-', '_' and '.', such as "ipsec0"
                    \(nets) interface "ipsec%d";
                                                                             ^~~~~~~~~
            """),
        Case(
            "the loopback interface", tunnel("\(nets) interface \"lo\";"),
            """
            t.conf:5:62: error: "lo" is the loopback interface; choose another name, such as "ipsec0"
                    \(nets) interface "lo";
                                                                             ^~~~
            """),
        Case(
            "tunnel mode with one network", tunnel("local_net 10.1.0.0/24;"),
            """
            t.conf:3:1: error: tunnel "hq" lacks remote_net, which mode tunnel needs
                tunnel "hq" {
                ^~~~~~~~~~~
            """),
        Case(
            "networks of two families", tunnel("local_net 10.1.0.0/24;\n    remote_net fd00::/8[80] tcp;"),
            """
            t.conf:6:16: error: local_net and remote_net are of different families, IPv4 and IPv6
                    remote_net fd00::/8[80] tcp;
                               ^~~~~~~~~~~~~~~~
            """),
        Case(
            "two protocols", tunnel("local_net 10.1.0.0/24 tcp; remote_net 10.2.0.0/24 udp;"),
            """
            t.conf:5:43: error: local_net and remote_net name different upper protocols
                    local_net 10.1.0.0/24 tcp; remote_net 10.2.0.0/24 udp;
                                                          ^~~~~~~~~~~~~~~
            """),
        Case(
            "a port without a protocol", tunnel("local_net 10.1.0.0/24[80]; remote_net 10.2.0.0/24;"),
            """
            t.conf:5:15: error: a port needs a protocol that has ports, 'tcp' or 'udp', behind it
                    local_net 10.1.0.0/24[80]; remote_net 10.2.0.0/24;
                              ^~~~~~~~~~~~~~~
            """),
        Case(
            "a prefix beyond the address", tunnel("local_net 10.1.0.0/33; remote_net 10.2.0.0/24;"),
            """
            t.conf:5:24: error: prefix length is 33, expected 0 to 32
                    local_net 10.1.0.0/33; remote_net 10.2.0.0/24;
                                       ^~
            """),
        Case(
            "names that are none",
            "tunnel \"b c\" { }\ntunnel a { }\ntunnel \"d\" { \(nets) }\ntunnel \"d\" { }",
            """
            t.conf:1:8: error: a tunnel's name has at most 64 printable characters and no blanks
                tunnel "b c" { }
                       ^~~~~
            t.conf:2:8: error: expected a tunnel's name in quotes, found 'a'; write "a"
                tunnel a { }
                       ^
            t.conf:3:1: error: tunnel "d" lacks 'remote'
                tunnel "d" { \(nets) }
                ^~~~~~~~~~
            t.conf:4:8: error: a tunnel "d" is there already, at t.conf:3
                tunnel "d" { }
                       ^~~
            """),
    ]
}
