import ArgumentParser
import ControlProtocol

extension ControlTool {
    struct Blackbox: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what happened to the IKE SAs of a tunnel or a peer, step by step.")

        @OptionGroup var connection: ConnectionOptions

        @Argument(help: "The name of a tunnel or remote block, the peer's address, or our SPI of an IKE SA.")
        var name: String

        func run() throws { try connection.report(.blackbox(name: name)) }
    }
}
