// Measures what handshakes cost a responder: see `usage`.
import ControlProtocol
import Glibc
import IPsec
import LinuxIO

@main struct HandshakeBench {
    static let usage = """
        usage: handshake-bench [--check] [--json FILE] [--version ikev1|ikev2] [--only cost|renewal]
                               [--count N] [--renewals N] [--window N] [--batch N] [--program FILE] [--log LEVEL]
                               [--responder ADDRESS[:PORT] [--pid N]] [--initiator ADDRESS[:PORT]] [--from ADDRESS]
          --check       fail (exit 1) where a figure is above what is asked of it
          --json FILE   write the figures there, too
          --version V   only one of the two
          --only PART   only what handshakes cost and their SAs take, or only what renewing them does
          --count N     handshakes in all (50000)
          --renewals N  SAs that are renewed (10000)
          --window N    handshakes under way at once (64; our responder allows an address \(Responder.mostHalfOpen))
          --batch N     handshakes that are measured together (1000)
          --program F   the responder (swiftike beside this program)
          --log LEVEL   the responder's log level (info)
          --responder A no responder of our own: send the load there; --pid N tells its process, to measure it
          --initiator A no load of our own: start the responder at that address, and tell every 2 seconds what it uses
          --from A      of the load, or of the other initiator (127.0.0.2, for a responder elsewhere what the route has)
        """

    private enum Part: String {
        case cost
        case renewal
    }

    private var isChecking = false
    private var jsonPath: String?
    private var versions = LoadVersion.allCases.reversed().map(\.self)
    private var only: Part?
    private var total = 50_000
    private var renewals = 10_000
    private var window = 64
    private var batch = 1000
    private var program = HandshakeBench.besideOurselves
    private var logLevel = "info"
    private var foreignResponder: Endpoint?
    private var foreignProcess: Int32?
    private var ownResponder: Endpoint?
    private var from: IPAddress?

    static func main() {
        do {
            var bench = HandshakeBench()
            guard bench.takes(CommandLine.arguments.dropFirst()) else {
                say(usage)
                exit(EX_USAGE)
            }
            exit(try bench.run() || !bench.isChecking ? 0 : 1)
        } catch {
            say("handshake-bench: \(error)")
            exit(EX_SOFTWARE)
        }
    }

    private mutating func takes(_ words: ArraySlice<String>) -> Bool {
        var words = words
        while let word = words.popFirst() {
            if word == "--check" {
                isChecking = true
            } else {
                guard let value = words.popFirst(), takes(word, value) else { return false }
            }
        }
        return true
    }

    private mutating func takes(_ word: String, _ value: String) -> Bool {
        switch word {
        case "--json": jsonPath = value
        case "--version": versions = versions.filter { $0.rawValue == value }
        case "--only": only = Part(rawValue: value)
        case "--count": total = Int(value) ?? 0
        case "--renewals": renewals = Int(value) ?? 0
        case "--window": window = Int(value) ?? 0
        case "--batch": batch = Int(value) ?? 0
        case "--program": program = value
        case "--log": logLevel = value
        case "--responder": foreignResponder = Self.endpoint(value, defaultPort: 500)
        case "--pid": foreignProcess = Int32(value)
        case "--from": from = IPAddress(value)
        case "--initiator": ownResponder = Self.endpoint(value, defaultPort: 15500)
        default: return false
        }
        return !versions.isEmpty && min(total, renewals, window, batch) > 0
            && (word != "--only" || only != nil) && (word != "--responder" || foreignResponder != nil)
            && (word != "--pid" || foreignProcess != nil) && (word != "--initiator" || ownResponder != nil)
            && (word != "--from" || from != nil)
    }

    /// Whether every figure is as is asked.
    private func run() throws -> Bool {
        if let ownResponder {
            try watch(ownResponder)
            return true
        }
        var figures: [Figure] = []
        for version in versions {
            if only != .renewal { figures += try shown(cost(version)) }
            if only != .cost, foreignResponder == nil { figures += try shown(renewal(version)) }
        }
        if let jsonPath {
            let octets = JSONWriter.octets(.array(figures.map(\.json)))
            try FileSystem.replace(jsonPath, with: String(decoding: octets, as: UTF8.self), mode: 0o644)
        }
        return figures.allSatisfy(\.isMet)
    }

    private func shown(_ figures: [Figure]) -> [Figure] {
        for figure in figures { Self.say(figure.line) }
        return figures
    }

    /// - Parameter address: of the peers, where the command line names none.
    private func measures(_ version: LoadVersion, from address: IPAddress? = nil) -> HandshakeFigures {
        HandshakeFigures(
            version: version, from: from ?? address, window: window, batch: batch, total: total)
    }

    private var settings: Responder.Settings {
        var settings = Responder.Settings(logLevel: logLevel)
        if let from { settings.peer = from }
        return settings
    }

    private func cost(_ version: LoadVersion) throws -> [Figure] {
        if let foreignResponder {
            return try measures(version).cost(of: foreignProcess, at: foreignResponder)
        }
        var another = settings
        another.ikePort += 2
        return try withResponder(settings) { responder in
            try withResponder(another) { fresh in
                try measures(version, from: settings.peer).cost(
                    of: responder.process, at: responder.endpoint, besides: fresh)
            }
        }
    }

    /// In IKEv2 the responder's lifetimes count for it, in IKEv1 what the peers offer.
    private func renewal(_ version: LoadVersion) throws -> [Figure] {
        let lifetimes = LoadLifetimes(ike: .seconds(90), child: .seconds(70))
        var settings = settings
        if version == .ikev2 { (settings.ikeLifetime, settings.childLifetime) = (90, 70) }
        return try withResponder(settings) { responder in
            try measures(version, from: settings.peer).renewal(
                of: responder.process, at: responder.endpoint, lifetimes, count: renewals)
        }
    }

    private func withResponder<R>(_ settings: Responder.Settings, _ body: (Responder) throws -> R) throws -> R
    {
        let folder = "/tmp/handshake-bench.\(getpid()).\(settings.ikePort)"
        let responder = try Responder(program: program, folder: folder, settings)
        defer {
            responder.stop()
            for file in FileSystem.matches(of: "\(folder)/*") { try? FileSystem.remove(file) }
            _ = unsafe rmdir(folder)
        }
        do {
            let result = try body(responder)
            for line in responder.complaints.prefix(5) { Self.say("  the responder says: \(line)") }
            return result
        } catch {
            for line in responder.complaints.prefix(5) { Self.say("  the responder says: \(line)") }
            throw error
        }
    }

    /// Lets somebody else's initiator at our responder until a line is entered.
    private func watch(_ endpoint: Endpoint) throws {
        var settings = settings
        settings.address = endpoint.address
        settings.ikePort = endpoint.port
        try withResponder(settings) { responder in
            Self.say(
                "listening on \(endpoint): IKEv2 and main mode, aes128-sha256-x25519, pre-shared key of \(settings.peer) "
                    + "\"\(Responder.secret)\", 172.16.0.1/32 here and 10.0.0.0/8 there; return ends it")
            var before = try ProcessUse(of: responder.process)
            var poller = Poller()
            _ = poller.watch(0)
            while try !poller.wait(.seconds(2)) {
                let use = try ProcessUse(of: responder.process)
                let milliseconds = Double(use.processor - before.processor) / 1_000_000
                Self.say(
                    "  \(Figure.text(milliseconds)) ms of processor time, \(use.resident / 1024) KiB resident"
                )
                before = use
            }
        }
    }

    private static func endpoint(_ text: String, defaultPort: UInt16) -> Endpoint? {
        if let address = IPAddress(text) { return Endpoint(address, port: defaultPort) }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let address = IPAddress(String(text[..<colon]))
        else { return nil }
        return Endpoint(address, port: port)
    }

    private static var besideOurselves: String {
        let own = CommandLine.arguments.first ?? ""
        guard let slash = own.lastIndex(of: "/") else { return "swiftike" }
        return "\(own[...slash])swiftike"
    }

    static func say(_ line: String) {
        try? StandardStream.output.write(Array("\(line)\n".utf8))
    }
}
