import Glibc
import KeyAdministration
import LinuxIO
import SetkeyScript

/// The system that the program runs on.
enum HostEnvironment {
    /// A file of statements is never larger.
    private static let maximumFile = 1 << 30

    static func make() -> SessionEnvironment {
        let names = protocolNames()
        return SessionEnvironment(
            process: getpid(), now: { WallClock.moment }, localOffset: WallClock.localOffset(at:),
            protocolNames: names, nameServices: nameServices(names),
            writesToTerminal: StandardStream.output.isTerminal, readFile: read(_:), readInput: readInput,
            waitASecond: {
                sleep(1)
                return true
            })
    }

    private static func protocolNames() -> ProtocolNames {
        (try? LocalFile.read("/etc/protocols")).map { ProtocolNames(etcProtocols: $0.text) } ?? .common
    }

    private static func nameServices(_ names: ProtocolNames) -> NameServices {
        NameServices(
            addresses: { query in
                do throws(NameLookup.Failure) {
                    return .success(try NameLookup.addresses(of: query.name, family: query.family))
                } catch {
                    return .failure(NameFailure(error.reason))
                }
            },
            port: NameLookup.port(ofService:), upperProtocol: { names.number($0) },
            interface: NameLookup.interface(named:))
    }

    private static func read(_ path: String) -> Result<[UInt8], SessionFailure> {
        do throws(SystemError) {
            guard path == "-" else { return .success(try LocalFile.read(path, maximum: maximumFile).bytes) }
            var bytes: [UInt8] = []
            while true {
                let more = try StandardStream.input.read()
                guard !more.isEmpty else { return .success(bytes) }
                bytes += more
            }
        } catch {
            return .failure(SessionFailure("Can't open `\(path)': \(SystemError.text(of: error.code))"))
        }
    }

    private static func readInput() -> [UInt8] { (try? StandardStream.input.read()) ?? [] }
}
