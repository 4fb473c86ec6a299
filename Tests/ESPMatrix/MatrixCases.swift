import Algorithms
import IPsec

/// Every transform that the engine performs, each in one way of many; and the usual two in every way.
enum MatrixCases {
    static let all: [MatrixCase] = numbered(esp + ah + thorough + compressed)

    private static let modes: [EncapsulationMode] = [.tunnel, .transport, .beet]
    /// Outside and inside.
    private static let families: [(AddressFamily, AddressFamily)] = [
        (.ipv4, .ipv4), (.ipv6, .ipv6), (.ipv4, .ipv6), (.ipv6, .ipv4),
    ]

    private static let integrity = Catalogue.integrity.filter { $0.isInSoftware && $0 != .null }

    /// Ciphers with their shortest, usual and longest key; AES-CBC and none with every integrity algorithm.
    private static let esp: [MatrixCase] = Catalogue.encryption.filter(\.isInSoftware).flatMap { algorithm in
        let lengths = algorithm.keyLengths
        let bits = Set([lengths.minimum, algorithm.defaultKeyLength, lengths.maximum]).sorted()
        return bits.flatMap { bits -> [MatrixCase] in
            let choice = CipherChoice(algorithm, keyBits: bits)
            let isThorough = choice == CipherChoice(.aesCBC) || algorithm == .null
            let beside: [IntegrityAlgorithm?] =
                algorithm.isAEAD ? [nil] : isThorough ? integrity : [.hmacSHA256]
            return beside.map { plain(.esp, choice, $0) }
        }
    }

    private static let ah: [MatrixCase] = integrity.map { plain(.ah, CipherChoice(.null), $0) }

    private static func plain(
        _ securityProtocol: SecurityProtocol, _ encryption: CipherChoice, _ integrity: IntegrityAlgorithm?
    ) -> MatrixCase {
        MatrixCase(
            number: 0, protocol: securityProtocol, encryption: encryption, integrity: integrity,
            mode: .tunnel, outer: .ipv4, inner: .ipv4)
    }

    /// Two of ESP and one of AH in every mode (BEET is ESP's alone), over and under both families, with both widths of sequence numbers.
    private static let thorough: [MatrixCase] = [
        plain(.esp, CipherChoice(.aesGCM16), nil), plain(.esp, CipherChoice(.aesCBC), .hmacSHA256),
        plain(.ah, CipherChoice(.null), .hmacSHA1),
    ].flatMap { sample in
        modes.filter { $0 != .beet || sample.protocol == .esp }.flatMap { mode in
            families.filter { mode != .transport || $0 == $1 }.flatMap { outer, inner in
                [false, true].flatMap { isESN in
                    (sample.protocol == .esp && inner == .ipv4 && !isESN ? [false, true] : [false]).map {
                        isUDP in
                        var made = sample
                        (made.mode, made.outer, made.inner) = (mode, outer, inner)
                        (made.isESN, made.isUDP) = (isESN, isUDP)
                        return made
                    }
                }
            }
        }
    }

    /// IPComp alone and in ESP, in both of its modes, over and under both families.
    private static let compressed: [MatrixCase] = [false, true].flatMap { isInESP in
        [EncapsulationMode.transport, .tunnel].flatMap { mode in
            // Linux takes no selector of another family in the transport mode that ESP is in then.
            families.filter { mode == .tunnel && !isInESP || $0 == $1 }.map { outer, inner in
                var made =
                    isInESP
                    ? plain(.esp, CipherChoice(.aesGCM16), nil) : plain(.ipcomp, CipherChoice(.null), nil)
                (made.mode, made.outer, made.inner) = (mode, outer, inner)
                made.isOverIPComp = isInESP
                return made
            }
        }
    }

    /// Gives each its number, and those that are not in every way already one of the ways.
    private static func numbered(_ cases: [MatrixCase]) -> [MatrixCase] {
        cases.enumerated().map { index, sample in
            var made = sample
            made.number = index
            guard index < esp.count + ah.count else { return made }
            made.mode = modes[index % modes.count]
            if made.protocol == .ah, made.mode == .beet { made.mode = .tunnel }
            (made.outer, made.inner) = families[index / modes.count % families.count]
            if made.mode == .transport { made.inner = made.outer }
            made.isESN = index / 2 % 2 == 1
            made.isUDP = made.protocol == .esp && index % 5 == 4
            return made
        }
    }
}
