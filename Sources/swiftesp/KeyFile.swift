import ArgumentParser
import IPsec
import LinuxIO
import SADText
import SetkeyScript
import SourceText

/// Which file the SAs with their keys are in, and how it is read.
struct KeyFile: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: ArgumentHelp(
            "SAs with their keys: a setkey file, a listing, or a Wireshark table; - is standard input.",
            valueName: "sadfile"))
    var path: String

    @Option(
        help: ArgumentHelp(
            "The format of the SAs: auto, setkey, listing, ip-xfrm or wireshark.", valueName: "format"))
    var format = "auto"

    @Flag(name: .customLong("sha256-96"), help: "hmac-sha256 is cut to 96 bits, as some kernels do.")
    var cutsTo96Bits = false

    func validate() throws {
        guard format == "auto" || SADFormat(rawValue: format) != nil else {
            let formats = (["auto"] + SADFormat.allCases.map(\.rawValue)).joined(separator: ", ")
            throw ValidationError("--format takes one of \(formats), not '\(format)'.")
        }
    }

    /// Reads it; what is wrong is told, and an error ends the program.
    func read() throws -> [StatedAssociation] {
        let bytes = try path == "-" ? standardInput() : protectedFile()
        var settings = SADText.Settings(format: SADFormat(rawValue: format))
        settings.names = Self.names
        if cutsTo96Bits { settings.script.sha256Truncation = .bits96 }
        let name = path == "-" ? "standard input" : path
        let text = SADText(SourceFile(name: name, bytes: bytes), settings)
        let complaints = text.diagnostics.inOrderOfText.rendered
        if !complaints.isEmpty { Standard.complain(complaints) }
        guard text.diagnostics.count(of: .error) == 0, !text.associations.isEmpty else {
            throw ExitStatus.dataError
        }
        return text.associations
    }

    /// Names in a setkey file are looked up as swiftkey does.
    private static let names = NameServices(
        addresses: { query in
            do throws(NameLookup.Failure) {
                return .success(try NameLookup.addresses(of: query.name, family: query.family))
            } catch {
                return .failure(NameFailure(error.reason))
            }
        }, port: NameLookup.port(ofService:), upperProtocol: { _ in nil },
        interface: NameLookup.interface(named:))

    /// Keys that others can read are no secret: such a file is refused.
    private func protectedFile() throws -> [UInt8] {
        do throws(SystemError) {
            let file = try LocalFile.read(path)
            guard file.facts.mode & 0o077 == 0 else {
                let digits = String(file.facts.mode & 0o777, radix: 8)
                let mode = String(repeating: "0", count: 4 - digits.count) + digits
                Standard.complain(
                    "\(path): mode \(mode) gives group or others access to the keys; type: chmod 600 \(path)")
                throw SystemError("", code: 0)
            }
            return file.bytes
        } catch {
            guard error.code != 0 else { throw ExitStatus.noPermission }
            Standard.complain("\(error)")
            throw ExitStatus.noInput
        }
    }

    private func standardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try StandardStream.input.read()
            guard !more.isEmpty else { return bytes }
            bytes += more
            guard bytes.count <= LocalFile.maximumSize else {
                Standard.complain("standard input: more than \(LocalFile.maximumSize) octets of SAs")
                throw ExitStatus.dataError
            }
        }
    }
}
