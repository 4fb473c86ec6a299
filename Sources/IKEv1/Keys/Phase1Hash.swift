import Cryptography
import Wire

/// What authenticates phase 1 (RFC 2409 section 5).
package struct Phase1Hash: Hashable, Sendable {
    package var initiatorPublicValue: [UInt8]
    package var responderPublicValue: [UInt8]
    package var initiatorCookie: UInt64
    package var responderCookie: UInt64
    /// SAi_b: the body of the initiator's security association payload, as it was sent.
    package var securityAssociationBody: [UInt8]

    package init(
        initiatorPublicValue: [UInt8], responderPublicValue: [UInt8], initiatorCookie: UInt64,
        responderCookie: UInt64, securityAssociationBody: [UInt8]
    ) {
        self.initiatorPublicValue = initiatorPublicValue
        self.responderPublicValue = responderPublicValue
        self.initiatorCookie = initiatorCookie
        self.responderCookie = responderCookie
        self.securityAssociationBody = securityAssociationBody
    }

    /// HASH_I: prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b).
    package func initiator(_ keys: SKEYID, identification: IdentificationPayload) -> [UInt8] {
        hash(
            keys, of: (initiatorPublicValue, initiatorCookie), and: (responderPublicValue, responderCookie),
            identification)
    }

    /// HASH_R: prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b).
    package func responder(_ keys: SKEYID, identification: IdentificationPayload) -> [UInt8] {
        hash(
            keys, of: (responderPublicValue, responderCookie), and: (initiatorPublicValue, initiatorCookie),
            identification)
    }

    private func hash(
        _ keys: SKEYID, of first: (value: [UInt8], cookie: UInt64),
        and second: (value: [UInt8], cookie: UInt64), _ identification: IdentificationPayload
    ) -> [UInt8] {
        var writer = ByteWriter(
            capacity: first.value.count + second.value.count + 16 + securityAssociationBody.count
                + identification.size)
        writer.put(first.value)
        writer.put(second.value)
        writer.put(first.cookie)
        writer.put(second.cookie)
        writer.put(securityAssociationBody)
        identification.write(to: &writer)
        return PRF.publicValue(keys.prf, key: keys.base, data: writer.bytes)
    }
}
