import Algorithms
import IPsec
import SourceText

/// Which algorithms an SA of each protocol has.
extension TokenStream {
    func checkAlgorithms(
        of statement: AssociationStatement, at keyword: SourceLocation
    ) throws(Diagnostic) {
        let algorithms = statement.algorithms
        let word = statement.protocol.rawValue
        switch statement.protocol {
        case .esp, .oldESP, .espInUDP:
            try refuse(algorithms.compression?.location, "'-C' is for ipcomp, not for \(word)")
            try checkESP(algorithms, statement.protocol, at: keyword)
        case .ah, .oldAH:
            try refuse(algorithms.encryption?.location, "'-E' is for esp: \(word) does not encrypt")
            try refuse(algorithms.compression?.location, "'-C' is for ipcomp, not for \(word)")
            guard let integrity = algorithms.integrity else {
                throw keyword.error("\(word) lacks its algorithm and key, such as -A hmac-sha256 KEY")
            }
            try refuse(
                integrity.algorithm == nil ? integrity.location : nil,
                "\(word) without integrity protects nothing")
        case .ipcomp:
            try refuse(
                algorithms.encryption?.location ?? algorithms.integrity?.location,
                "ipcomp has no keys; it takes '-C deflate'")
            guard algorithms.compression != nil else {
                throw keyword.error("ipcomp lacks its algorithm, such as -C deflate")
            }
        case .any, .tcp: return
        }
        try refuse(
            hasICV(algorithms) ? nil : algorithms.icvLocation,
            "this SA has no ICV whose length '-o icv' could say")
    }

    private func hasICV(_ algorithms: StatedAlgorithms) -> Bool {
        if algorithms.integrity?.algorithm != nil { return true }
        guard let cipher = algorithms.encryption else { return false }
        guard case .known(let algorithm) = cipher.algorithm else { return true }
        return algorithm.isAEAD
    }

    private func checkESP(
        _ algorithms: StatedAlgorithms, _ protocol: AssociationProtocol, at keyword: SourceLocation
    ) throws(Diagnostic) {
        guard let cipher = algorithms.encryption else {
            throw keyword.error(
                "\(`protocol`.rawValue) lacks its cipher, such as -E aes-gcm-16 KEY; '-E null' is no encryption"
            )
        }
        guard case .known(let algorithm) = cipher.algorithm, algorithm.isAEAD else { return }
        try refuse(
            algorithms.integrity?.algorithm == nil ? nil : algorithms.integrity?.location,
            "\(cipher.word) protects integrity itself: leave '-A' out")
    }

    private func refuse(_ place: SourceLocation?, _ reason: String) throws(Diagnostic) {
        if let place { throw place.error(reason) }
    }
}
