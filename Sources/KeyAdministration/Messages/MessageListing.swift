import ControlProtocol
import IPsec
import PFKey

/// PF_KEY messages as setkey shows them: field by field in its debug layout (`-v`), or as octets (`-H`).
///
/// Numbers are as the message has them, so that a message can be compared with setkey's.
struct MessageListing {
    let keys: KeyDisplay
    let output: TextOutput

    /// The header, and a group for each extension.
    ///
    /// - Throws: for what is too long to be a message.
    func write(_ message: SADBMessage) throws(SADBError) {
        let octets = try MessageOctets(message)
        let header = message.header
        output.writeLine(
            "sadb_msg{ version=\(SADBHeader.version) type=\(header.type.rawValue) "
                + "errno=\(header.error.value) satype=\(header.satype.value)")
        output.writeLine(
            "  len=\(octets.count / 8) reserved=\(header.reserved) seq=\(header.sequence) pid=\(header.process)"
        )
        for (part, length) in zip(message.extensions, octets.extensionLengths) {
            output.writeLine("sadb_ext{ len=\(length / 8) type=\(part.number) }")
            write(part)
        }
    }

    /// All octets, 32 a line in groups of four; `**` for each octet of a key where keys are masked.
    ///
    /// - Throws: for what is too long to be a message.
    func writeOctets(_ message: SADBMessage) throws(SADBError) {
        try MessageOctets(message).write(to: output, keys)
    }

    private func write(_ part: SADBExtension) {
        switch part {
        case .association(let value): write(value)
        case .association2(let value):
            output.writeLine("sadb_x_sa2{ mode=\(value.mode) reqid=\(value.requestID)")
            output.writeLine("  reserved1=0 reserved2=0 sequence=\(value.sequence) }")
        case .lifetime(_, let value):
            output.writeLine("sadb_lifetime{ alloc=\(value.allocations), bytes=\(value.bytes)")
            output.writeLine("  addtime=\(value.addTime), usetime=\(value.useTime) }")
        case .address(_, let value):
            output.writeLine(
                "sadb_address{ proto=\(value.upperProtocol) prefixlen=\(value.prefixLength) reserved=0x0000 }"
            )
            write(value.endpoint)
        case .key(_, let value): write(value)
        case .policy(let value): write(value)
        case .spiRange(let value):
            output.writeLine("sadb_spirange{ min=\(value.minimum) max=\(value.maximum) }")
        case .natTraversalType(let value): output.writeLine("sadb_nat_t_type{ type=\(value) }")
        case .natTraversalPort(_, let port): output.writeLine("sadb_nat_t_port{ port=\(port) }")
        case .securityContext(let value):
            output.writeLine(
                "sadb_x_sec_ctx{ doi=\(value.domain) alg=\(value.algorithm) len=\(value.label.count) }")
        case .supported(_, let value): write(value)
        case .explanation(let text): output.writeLine("explanation{ \(TerminalText.escaped(text)) }")
        // The group's head is all that setkey shows of these.
        case .identity, .sensitivity, .proposal, .keyManagerAddress, .filter, .foreign: break
        }
    }

    private func write(_ association: SADBAssociation) {
        output.writeLine(
            "sadb_sa{ spi=\(association.spi) replay=\(association.replay) state=\(association.state)")
        output.write("  auth=\(association.authentication) encrypt=\(association.encryption) flags=0x")
        output.writeLine("\(Self.padded(association.flags)) }")
    }

    private func write(_ key: SADBKey) {
        output.writeLine("sadb_key{ bits=\(key.bits) reserved=0")
        output.write("  key=")
        output.write(key: key.key, keys)
        output.writeLine(" }")
    }

    private func write(_ supported: SADBSupported) {
        output.writeLine("sadb_sup{")
        for algorithm in supported.algorithms {
            output.writeLine(
                "  { id=\(algorithm.number) ivlen=\(algorithm.ivSize) min=\(algorithm.minimumBits) "
                    + "max=\(algorithm.maximumBits) }")
        }
        output.writeLine("}")
    }

    private func write(_ policy: SADBPolicy) {
        output.writeLine(
            "sadb_x_policy{ type=\(policy.type) dir=\(policy.direction) "
                + "id=\(String(policy.index, radix: 16)) priority=\(policy.priority) }")
        for request in (try? policy.requests) ?? [] {
            let length = 16 + (request.tunnel.map { Self.size(of: $0.source) * 2 } ?? 0)
            output.writeLine(
                " { len=\(length) proto=\(request.protocol) mode=\(request.mode) level=\(request.level) "
                    + "reqid=\(request.requestID)")
            if let tunnel = request.tunnel {
                write(tunnel.source)
                write(tunnel.destination)
            }
            output.writeLine(" }")
        }
    }

    private func write(_ endpoint: SADBSocketAddress) {
        let family = endpoint.address.family == .ipv4 ? 2 : 10
        output.writeLine(
            "sockaddr{ len=\(Self.size(of: endpoint)) family=\(family) port=\(endpoint.port)")
        if endpoint.address.family == .ipv6 {
            let (flow, scope) = (endpoint.flow, endpoint.scope)
            output.writeLine(
                "  flowinfo=0x\(Self.padded(flow)), scope_id=0x\(Self.padded(scope))")
        }
        output.write(" ")
        output.writeHexadecimal(endpoint.address.bytes, masked: [])
        output.writeLine("  }")
    }

    /// Eight hexadecimal digits.
    private static func padded(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Octets of a socket address.
    private static func size(of endpoint: SADBSocketAddress) -> Int {
        endpoint.address.family == .ipv4 ? 16 : 28
    }
}
