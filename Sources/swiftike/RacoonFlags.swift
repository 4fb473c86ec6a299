import ArgumentParser

/// The flags of racoon(8), with their meaning there.
struct RacoonFlags: ParsableArguments {
    @Flag(name: .customShort("B"), help: "Restore SAs from the backup file: no effect yet, and said so.")
    var restoresBackup = false

    @Flag(name: .customShort("d"), help: "Log more; may be given several times.")
    var verbosity: Int

    @Flag(name: .customShort("F"), help: "Stay in the foreground and log to standard error.")
    var staysInForeground = false

    @Flag(name: .customShort("v"), help: "Dump packets more verbosely: no effect yet, and said so.")
    var dumpsPackets = false

    @Flag(name: .customShort("4"), help: "Use IPv4 sockets only.")
    var onlyIPv4 = false

    @Flag(name: .customShort("6"), help: "Use IPv6 sockets only.")
    var onlyIPv6 = false

    @Flag(name: .customShort("L"), help: "Show source locations in the log: no effect yet, and said so.")
    var showsLocations = false

    @Flag(name: .customShort("V"), help: "Print the version and the features, and exit.")
    var showsVersion = false

    @Flag(name: .customShort("C"), help: "Dump the configuration: no effect yet, and said so.")
    var dumpsConfiguration = false

    @Option(name: .customShort("f"), help: ArgumentHelp("The configuration file.", valueName: "file"))
    var configurationPath = "/etc/swiftike/swiftike.conf"

    @Option(
        name: .customShort("l"),
        help: ArgumentHelp("Log to this file rather than to syslog.", valueName: "file"))
    var logFile: String?

    @Option(name: .customShort("p"), help: ArgumentHelp("The UDP port of IKE.", valueName: "port"))
    var ikePort: UInt16 = 500

    @Option(name: .customShort("P"), help: ArgumentHelp("The UDP port of NAT traversal.", valueName: "port"))
    var natTraversalPort: UInt16 = 4500

    func validate() throws {
        if onlyIPv4, onlyIPv6 { throw ValidationError("-4 and -6 exclude each other.") }
        if ikePort == 0 || natTraversalPort == 0 { throw ValidationError("0 is not a port.") }
        if ikePort == natTraversalPort { throw ValidationError("-p and -P need different ports.") }
    }

    /// A line for each flag that was given and does nothing.
    var withoutEffect: [String] {
        var lines: [String] = []
        if restoresBackup {
            lines.append("-B has no effect yet: SAs are neither saved to a backup file nor restored")
        }
        if dumpsPackets { lines.append("-v has no effect yet: packets are not dumped; use -d, or tcpdump") }
        if showsLocations { lines.append("-L has no effect yet: log lines carry no source locations") }
        if dumpsConfiguration {
            lines.append("-C has no effect yet: the configuration is not dumped; use --check")
        }
        return lines
    }
}
