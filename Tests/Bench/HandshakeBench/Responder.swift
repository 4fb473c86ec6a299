import Glibc
import IPsec
import LinuxIO

/// A swiftike process that answers the load and installs nothing.
struct Responder {
    /// What the configuration says beside what is always the same.
    struct Settings {
        var address = IPAddress(family: .ipv4, value: 0x7f00_0001)
        /// Of the peers: another, since the SPIs of both directions could not be told apart at one address.
        var peer = IPAddress(family: .ipv4, value: 0x7f00_0002)
        var ikePort: UInt16 = 15500
        /// Where peers that float go: those of port 500 know but one.
        var natTraversalPort: UInt16 { ikePort == 500 ? 4500 : ikePort + 1 }
        /// Of IKE SAs and child SAs, seconds.
        var ikeLifetime = 28800
        var childLifetime = 28800
        var logLevel = "info"
    }

    /// Negotiations with the peers' address that may be half open at once.
    static let mostHalfOpen = 200

    /// The key that all share.
    static let secret = "a key for benches alone"

    let process: Int32
    let endpoint: Endpoint
    private let folder: String

    /// Starts `program` with its files in `folder`, and waits until it listens.
    init(program: String, folder: String, _ settings: Settings) throws {
        self.folder = folder
        endpoint = Endpoint(settings.address, port: settings.ikePort)
        try FileSystem.makeDirectory(folder, mode: 0o700)
        let files = [
            ("psk.txt", "\(settings.peer) \(Self.secret)\n"),
            ("policies.conf", Self.policies(settings)), ("swiftike.conf", Self.configuration(settings)),
        ]
        for (name, text) in files { try FileSystem.replace("\(folder)/\(name)", with: text, mode: 0o600) }
        try? FileSystem.remove("\(folder)/pid")
        let outcome = try DetachedProgram.start(
            program,
            arguments: [
                program, "-f", "\(folder)/swiftike.conf", "-l", "\(folder)/log", "-p", "\(settings.ikePort)",
                "-P", "\(settings.natTraversalPort)", "--datapath", "null", "--control", "\(folder)/control",
                "--pid-file", "\(folder)/pid",
            ])
        guard case .ended(0) = outcome else {
            throw BenchFailure("\(program) did not start; \(folder)/log may say why")
        }
        let text = try LocalFile.read("\(folder)/pid").text
        guard let process = Int32(text.filter(\.isNumber)) else {
            throw BenchFailure("no process number in \(folder)/pid")
        }
        self.process = process
    }

    /// Ends it.
    func stop() {
        kill(process, SIGTERM)
        // It is not our child: all there is to see is that it is gone.
        for _ in 0..<500 where kill(process, 0) == 0 { usleep(10_000) }
        kill(process, SIGKILL)
    }

    /// Lines of its log that are warnings or worse.
    var complaints: [Substring] {
        let text = (try? LocalFile.read("\(folder)/log", maximum: 1 << 30).text) ?? ""
        return text.split(separator: "\n").filter { $0.contains("ERROR: ") || $0.contains("WARNING: ") }
    }

    /// Any number of peers of one address, told from one another by their identities.
    private static func configuration(_ settings: Settings) -> String {
        """
        path pre_shared_key "psk.txt";
        include_policy "policies.conf";
        log \(settings.logLevel);
        half_open_limit_per_address \(mostHalfOpen);
        listen { isakmp \(settings.address) [\(settings.ikePort)]; }
        remote anonymous {
            exchange_mode ikev2, main;
            my_identifier user_fqdn "responder@bench";
            lifetime time \(settings.ikeLifetime) sec;
            proposal_check claim;
            rekey off;
            proposals "aes128-sha256-x25519";
            proposal {
                encryption_algorithm aes 128;
                hash_algorithm sha256;
                authentication_method pre_shared_key;
                dh_group curve25519;
                lifetime time \(settings.ikeLifetime) sec;
            }
        }
        sainfo anonymous {
            encryption_algorithm aes 128;
            authentication_algorithm hmac_sha256;
            lifetime time \(settings.childLifetime) sec;
        }

        """
    }

    private static func policies(_ settings: Settings) -> String {
        """
        spdadd 172.16.0.1/32 10.0.0.0/8 any -P out ipsec esp/tunnel/\(settings.address)-\(settings.peer)/require;
        spdadd 10.0.0.0/8 172.16.0.1/32 any -P in ipsec esp/tunnel/\(settings.peer)-\(settings.address)/require;

        """
    }
}
