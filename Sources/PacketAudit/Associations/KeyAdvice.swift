internal import Algorithms
internal import ESP
internal import IPsec
internal import SADText
internal import SourceText

/// What to check where the first packet of an SA is not genuine: near misses are tried.
struct KeyAdvice {
    private let stated: StatedAssociation
    private let association: SecurityAssociation

    init(_ stated: StatedAssociation, _ association: SecurityAssociation) {
        self.stated = stated
        self.association = association
    }

    /// - Parameter captured: the IP packet as it was, which stood at `start` of its buffer.
    func sentence(_ packet: ProtectedPacket, _ captured: [UInt8], at start: Int) -> String {
        for (other, wording) in neighbours where opens(other, packet, captured, at: start) {
            return "it is genuine \(wording): correct the SA at \(stated.location.origin)"
        }
        return "the sender's key or algorithms are not \(algorithms) of \(stated.location.origin): check "
            + "that the keys are those of this SPI and direction, and were read after the last rekeying"
    }

    private var algorithms: String {
        let transform = association.transform
        let integrity = transform.integrity.map(\.description)
        guard association.id.protocol == .esp else { return integrity ?? "those" }
        return ["\(transform.encryption)", integrity].compactMap { $0 }.joined(separator: " with ")
    }

    /// SAs that are mistaken for this one, and how each differs.
    private var neighbours: [(SecurityAssociation, String)] {
        var found: [(SecurityAssociation, String)] = []
        var other = association
        other.replay.usesExtendedSequenceNumbers.toggle()
        let word = other.usesExtendedSequenceNumbers ? "with" : "without"
        found.append((other, "\(word) extended sequence numbers"))
        for integrity in sameKeyed {
            var other = association
            other.transform.integrity = integrity
            found.append((other, "with \(integrity), an ICV of \(integrity.icvSize * 8) bits"))
        }
        for cipher in sameCiphers {
            var other = association
            let bits = association.transform.encryption.keyBits
            other.transform.encryption = CipherChoice(cipher, keyBits: bits)
            found.append((other, "with \(cipher), an ICV of \(cipher.icvSize * 8) bits"))
        }
        return found
    }

    /// Integrity algorithms of the same construction that cut the result otherwise.
    private var sameKeyed: [IntegrityAlgorithm] {
        guard let integrity = association.transform.integrity else { return [] }
        return Catalogue.integrity.filter {
            $0 != integrity && $0.construction == integrity.construction && $0.keySize == integrity.keySize
        }
    }

    private var sameCiphers: [EncryptionAlgorithm] {
        let cipher = association.transform.encryption.algorithm
        guard cipher.isAEAD else { return [] }
        return Catalogue.encryption.filter {
            $0 != cipher && $0.construction == cipher.construction && $0.saltSize == cipher.saltSize
        }
    }

    private func opens(
        _ other: SecurityAssociation, _ packet: ProtectedPacket, _ captured: [UInt8], at start: Int
    ) -> Bool {
        guard other.hasIntegrityCheck else { return false }
        var buffer = [UInt8](repeating: 0, count: start) + captured + [UInt8](repeating: 0, count: 64)
        do throws(DropReason) {
            var engine: OpeningEngine
            do throws(DatabaseFailure) {
                engine = try OpeningEngine(other)
            } catch {
                return false
            }
            var span = buffer.mutableSpan
            return try engine.open(&span, packet.form) != nil
        } catch {
            return error.followsIntegrityCheck
        }
    }
}
