package import Calendar

/// An IKE SA, as `status` shows it.
///
/// What is not known yet is nil, and null in JSON.
package struct IKESARecord: Hashable, Sendable {
    /// 1 or 2.
    package var version: Int
    /// `initiator` or `responder`.
    package var role: String
    package var state: String
    /// `192.0.2.1[500]`.
    package var local: String
    package var remote: String
    package var localID: String?
    package var remoteID: String?
    /// What made us believe the peer; nil where a pre-shared key did.
    package var credential: String?
    /// `strict`, `ifuri`, `relaxed` or `off`; nil where nothing can revoke what made us believe the peer.
    package var revocationPolicy: String?
    /// What was known of its revocation when it was judged, for people.
    package var revocation: String?
    package var encryption: String?
    package var integrity: String?
    package var prf: String?
    package var keyExchange: String?
    package var established: Timestamp?
    package var rekeyAt: Timestamp?

    package init(version: Int, role: String, state: String, local: String, remote: String) {
        self.version = version
        self.role = role
        self.state = state
        self.local = local
        self.remote = remote
    }

    var json: JSONValue {
        .object([
            .init("version", .integer(Int64(version))), .init("role", .string(role)),
            .init("state", .string(state)), .init("local", .string(local)), .init("remote", .string(remote)),
            .init("local_id", .text(localID)), .init("remote_id", .text(remoteID)),
            .init("credential", .text(credential)),
            .init("revocation_policy", .text(revocationPolicy)), .init("revocation", .text(revocation)),
            .init("encryption", .text(encryption)), .init("integrity", .text(integrity)),
            .init("prf", .text(prf)),
            .init("key_exchange", .text(keyExchange)), .init("established", .text(established?.description)),
            .init("rekey_at", .text(rekeyAt?.description)),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        version = try json.number("version")
        role = try json.text("role")
        state = try json.text("state")
        local = try json.text("local")
        remote = try json.text("remote")
        localID = try json.optionalText("local_id")
        remoteID = try json.optionalText("remote_id")
        credential = try json.optionalText("credential")
        revocationPolicy = try json.optionalText("revocation_policy")
        revocation = try json.optionalText("revocation")
        encryption = try json.optionalText("encryption")
        integrity = try json.optionalText("integrity")
        prf = try json.optionalText("prf")
        keyExchange = try json.optionalText("key_exchange")
        established = try json.optionalWord("established", Timestamp.init)
        rekeyAt = try json.optionalWord("rekey_at", Timestamp.init)
    }
}

/// A pair of child SAs, as `status` shows it.
package struct ChildSARecord: Hashable, Sendable {
    /// nil for traffic whose policy is not a tunnel's.
    package var tunnel: String?
    /// `esp`.
    package var `protocol`: String
    /// `tunnel` or `transport`.
    package var mode: String
    /// `none`, or `udp` with its ports.
    package var encapsulation: String
    /// `0x00001001`.
    package var spiIn: String
    package var spiOut: String
    package var encryption: String
    package var integrity: String?
    /// The algorithm of IPComp; `declined` where the peer does not agree to one, nil where none is wanted.
    package var compression: String?
    /// As `0x00001001`; nil where packets are not compressed.
    package var cpiIn: String?
    package var cpiOut: String?
    /// Whether the peer takes padding for traffic flow confidentiality; nil where it could not say.
    package var takesFlowPadding: Bool?
    package var bytesIn: UInt64
    package var bytesOut: UInt64
    package var packetsIn: UInt64
    package var packetsOut: UInt64
    package var rekeyAt: Timestamp?

    package init(
        tunnel: String?, protocol: String, mode: String, encapsulation: String, spiIn: String, spiOut: String,
        encryption: String, integrity: String?, rekeyAt: Timestamp?
    ) {
        self.tunnel = tunnel
        self.protocol = `protocol`
        self.mode = mode
        self.encapsulation = encapsulation
        self.spiIn = spiIn
        self.spiOut = spiOut
        self.encryption = encryption
        self.integrity = integrity
        self.rekeyAt = rekeyAt
        bytesIn = 0
        bytesOut = 0
        packetsIn = 0
        packetsOut = 0
    }

    var json: JSONValue {
        .object([
            .init("tunnel", .text(tunnel)), .init("protocol", .string(`protocol`)),
            .init("mode", .string(mode)),
            .init("encapsulation", .string(encapsulation)), .init("spi_in", .string(spiIn)),
            .init("spi_out", .string(spiOut)), .init("encryption", .string(encryption)),
            .init("integrity", .text(integrity)), .init("compression", .text(compression)),
            .init("cpi_in", .text(cpiIn)), .init("cpi_out", .text(cpiOut)),
            .init("takes_tfc_padding", takesFlowPadding.map { .bool($0) } ?? .null),
            .init("bytes_in", .count(bytesIn)), .init("bytes_out", .count(bytesOut)),
            .init("packets_in", .count(packetsIn)),
            .init("packets_out", .count(packetsOut)), .init("rekey_at", .text(rekeyAt?.description)),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        tunnel = try json.optionalText("tunnel")
        `protocol` = try json.text("protocol")
        mode = try json.text("mode")
        encapsulation = try json.text("encapsulation")
        spiIn = try json.text("spi_in")
        spiOut = try json.text("spi_out")
        encryption = try json.text("encryption")
        integrity = try json.optionalText("integrity")
        compression = try json.optionalText("compression")
        cpiIn = try json.optionalText("cpi_in")
        cpiOut = try json.optionalText("cpi_out")
        takesFlowPadding = try json.optionalTruth("takes_tfc_padding")
        bytesIn = try json.number("bytes_in")
        bytesOut = try json.number("bytes_out")
        packetsIn = try json.number("packets_in")
        packetsOut = try json.number("packets_out")
        rekeyAt = try json.optionalWord("rekey_at", Timestamp.init)
    }
}
