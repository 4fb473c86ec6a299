import ArgumentParser

/// Where packets are protected.
enum DataPathChoice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case kernel
    case userspace
    case null
}

/// The options that racoon does not have.
struct OwnOptions: ParsableArguments {
    @Flag(name: .customLong("check"), help: "Check the configuration, print what is wrong with it, and exit.")
    var isCheckOnly = false

    @Option(
        name: .customLong("datapath"),
        help: ArgumentHelp("What protects packets: auto, kernel, userspace or null.", valueName: "plane"))
    var dataPath = DataPathChoice.auto

    @Option(name: .customLong("control"), help: ArgumentHelp("The control socket.", valueName: "path"))
    var controlPath = "/run/swiftike/swiftike.ctl"

    @Option(
        name: .customLong("pfkey-socket"),
        help: ArgumentHelp(
            "The socket to edit the user-space SAD and SPD; /run/swiftike/pfkey.sock.", valueName: "path"))
    var pfkeySocket: String?

    @Option(
        name: .customLong("pid-file"),
        help: ArgumentHelp("The file for the process number.", valueName: "path"))
    var pidFile: String?

    @Option(
        name: .customLong("shards"),
        help: ArgumentHelp("Event loops that negotiate; as many as processors, at most 4.", valueName: "n"))
    var shards: Int?

    @Option(
        name: .customLong("packet-threads"),
        help: ArgumentHelp(
            "Threads that protect packets in user space; as many as processors, at most 4.", valueName: "n"))
    var packetThreads: Int?

    @Flag(name: .customLong("detached-copy"), help: .private)
    var isDetachedCopy = false

    func validate() throws {
        if let shards, !(1...64).contains(shards) {
            throw ValidationError("--shards takes a number from 1 to 64.")
        }
        if let packetThreads, !(1...64).contains(packetThreads) {
            throw ValidationError("--packet-threads takes a number from 1 to 64.")
        }
        if packetThreads != nil, dataPath == .kernel || dataPath == .null {
            throw ValidationError("--packet-threads goes with --datapath userspace or auto.")
        }
    }
}
