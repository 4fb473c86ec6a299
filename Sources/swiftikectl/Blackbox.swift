import ArgumentParser
import ControlProtocol

extension ControlTool {
    struct Blackbox: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what happened to the IKE SAs of a tunnel or a peer, step by step.")

        @OptionGroup var connection: ConnectionOptions

        @Argument(
            help: "A tunnel, remote block or address, our SPI of an IKE SA, or 'refused': messages of none."
        )
        var name: String

        func run() throws { try connection.report(.blackbox(name: name)) }
    }
}
