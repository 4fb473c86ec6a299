import ArgumentParser

/// Verifies and decrypts the ESP, AH and IPComp packets of a capture, with the software engine.
@main
struct PacketTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftesp", abstract: "Verify and decrypt the IPsec packets of a capture.",
        version: "swiftesp 0.1.0",
        subcommands: [Verify.self, Decrypt.self, Encrypt.self, ExportKeys.self])
}
