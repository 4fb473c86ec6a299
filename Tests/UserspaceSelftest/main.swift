// One end of a tunnel with keys of its own making, for userspace-selftest.sh. It is not a product: anybody knows its keys.
//
// userspace-selftest LOCAL REMOTE LOCAL_NET REMOTE_NET LAYERS raw|udp CIPHER[,esn] now|acquire|churn
// USR1 has it say how often it has allocated memory, TERM what the SAs have carried.
// LAYERS are SAs such as ah/tunnel, joined by +, the innermost first; a mode alone is one of ESP;
// @10 behind one puts its ends at addresses that are 10 further than LOCAL and REMOTE.
// With churn, SAs and policies are replaced several times a second; another tunnel's words may follow after a comma.
import Algorithms
import AllocationCount
import Glibc
import IPsec
import KeyMaterial
import LinuxIO
import UserspaceIPsec

struct Usage: Error {}

/// Prints a line at once: the script reads along.
func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
}

/// What the command line says.
struct Scenario: Sendable {
    let local: IPAddress
    let remote: IPAddress
    let localNet: IPPrefix
    let remoteNet: IPPrefix
    let layers: [Layer]
    let mode: EncapsulationMode
    let isExtended: Bool
    let isInUDP: Bool
    let transform: ESPTransform
    let start: Start
    /// The number of the tunnel among those of the command line, from 1.
    let requestID: UInt32

    /// When SAs are made.
    enum Start: String {
        case now
        case acquire
        case churn
    }

    init(_ words: [String], requestID: UInt32 = 1) throws {
        guard words.count == 8, let local = IPAddress(words[0]), let remote = IPAddress(words[1]),
            let localNet = IPPrefix(words[2]), let remoteNet = IPPrefix(words[3]),
            let cipherName = words[6].split(separator: ",").first,
            let cipher = Catalogue.encryption.first(where: { $0.name == cipherName }),
            let start = Start(rawValue: words[7])
        else { throw Usage() }
        (self.local, self.remote, self.localNet, self.remoteNet) = (local, remote, localNet, remoteNet)
        layers = try words[4].split(separator: "+").enumerated().map { try Layer($1, place: $0) }
        mode = layers.first?.mode ?? .tunnel
        isExtended = words[6].hasSuffix(",esn")
        isInUDP = words[5] == "udp"
        self.start = start
        self.requestID = requestID
        let choice = CipherChoice(cipher)
        transform = ESPTransform(
            encryption: choice,
            encryptionKey: SecretKey(copying: Array(repeating: 0x5a, count: choice.keyMaterialSize)),
            integrity: cipher.isAEAD ? nil : .hmacSHA256,
            integrityKey: cipher.isAEAD ? nil : SecretKey(copying: Array(repeating: 0x33, count: 32)))
    }

    func association(_ direction: Direction) -> SecurityAssociation {
        let (source, destination) = direction == .outbound ? (local, remote) : (remote, local)
        // Each end knows the other's SPI by the address it goes to.
        let spi = SPI(UInt32(truncatingIfNeeded: destination.value) | 0x1000_0000)
        return SecurityAssociation(
            id: SecurityAssociationID(destination: destination, protocol: .esp, spi: spi), source: source,
            direction: direction, mode: mode, requestID: requestID, transform: transform,
            encapsulation: isInUDP ? UDPEncapsulation(sourcePort: 4500, destinationPort: 4500) : nil)
    }

    func policy(_ direction: PolicyDirection) -> SecurityPolicy {
        let isOut = direction == .outbound
        let (source, destination) = isOut ? (local, remote) : (remote, local)
        return SecurityPolicy(
            selector: selector(isOut: isOut), direction: direction,
            action: .protect(templates(from: source, to: destination)))
    }
}

func report<Value>(_ what: String) -> DatabaseCompletion<Value> {
    { result in
        if case .failure(let failure) = result { say("\(what): \(failure)") }
    }
}

func openNATTraversal(_ plane: UserspaceDataPlane, _ family: AddressFamily) throws -> DatagramSocket {
    let socket = try DatagramSocket(family: family, port: 4500)
    try plane.prepare(socket: socket.number, family: family, purpose: .natTraversal)
    _ = try plane.takeOver(socket: socket.number) { message, path in
        say("IKE message of \(message.count) octets from \(path.remote)")
    }
    return socket
}

func run(_ scenarios: [Scenario]) throws {
    guard let scenario = scenarios.first else { throw Usage() }
    let plane = try UserspaceDataPlane()
    let install: @Sendable () -> Void = {
        for association in scenario.associations(.inbound) + scenario.associations(.outbound) {
            plane.add(association, completion: report("add \(association.direction) SA"))
        }
    }
    plane.observe { notification in
        say("notification \(notification)")
        if case .acquire = notification { install() }
    }
    let socket = scenario.isInUDP ? try openNATTraversal(plane, scenario.local.family) : nil
    for scenario in scenarios {
        for direction in PolicyDirection.allCases {
            plane.set(scenario.policy(direction), completion: report("set \(direction) policy"))
        }
    }
    if scenario.start == .now { install() }
    let signals = try SignalThread.start(awaitedSignals) { signal in
        guard signal == SIGTERM else {
            let (own, libcrypto) = (allocation_count_program(), allocation_count_libcrypto())
            return say("allocations \(own) of libcrypto \(libcrypto)")
        }
        for association in scenario.associations(.inbound) + scenario.associations(.outbound) {
            let (name, direction) = (association.id.protocol, association.direction)
            plane.usage(of: association.id) { result in
                if case .success(let usage) = result {
                    say("usage \(direction) packets \(usage.packets) bytes \(usage.bytes) \(name)")
                }
            }
        }
        plane.shutDown()
        for drop in plane.drops { say("drop \(drop.name) \(drop.count): \(drop.sentence)") }
        exit(0)
    }
    plane.policies { _ in say("ready, \(plane.summary)") }
    _ = socket
    if scenario.start == .churn { Churn(plane: plane, scenarios: scenarios).run() }
    signals.join()
}

let awaitedSignals = [SIGTERM, SIGUSR1]
SignalThread.block(awaitedSignals)
do {
    guard allocation_count_separate_libcrypto() == 1 else { throw Usage() }
    let tunnels = CommandLine.arguments.dropFirst().split(separator: ",")
    try run(try tunnels.enumerated().map { try Scenario(Array($1), requestID: UInt32($0) + 1) })
} catch {
    say("userspace-selftest: \(error)")
    exit(1)
}
