import Algorithms
import IPsec
import SourceText

/// What is unusual, weak or without effect.
extension StatementResolution {
    /// Words whose algorithms are broken or too short for what is sent today.
    private static let weak: [String: String] = [
        "des-cbc": "its 56 bits are found by trying", "simple": "it is an old word for 'null', no encryption",
        "3des-cbc": "its blocks of 64 bits leak after some gigabytes (RFC 8429)",
        "cast128-cbc": "its blocks of 64 bits leak after some gigabytes",
        "blowfish-cbc": "its blocks of 64 bits leak after some gigabytes",
        "hmac-md5": "MD5 is broken (RFC 8221)", "hmac-sha1": "SHA-1 is being withdrawn (RFC 8221)",
    ]

    mutating func remarkOnWeakness(of algorithms: StatedAlgorithms) {
        let stated = [
            algorithms.encryption.map { ($0.word, $0.location, "aes-gcm-16") },
            algorithms.integrity.map { ($0.word, $0.location, "hmac-sha256") },
        ].compactMap { $0 }
        for (word, place, better) in stated {
            guard let reason = Self.weak[word] else { continue }
            remarkOnce(word, place.warning("'\(word)' is weak: \(reason); use \(better)"))
        }
        remarkOnMissingIntegrity(of: algorithms)
    }

    private mutating func remarkOnMissingIntegrity(of algorithms: StatedAlgorithms) {
        guard let cipher = algorithms.encryption, algorithms.integrity?.algorithm == nil,
            case .known(let algorithm) = cipher.algorithm, !algorithm.isAEAD
        else { return }
        let reason =
            algorithm.construction == .null
            ? "neither encryption nor integrity: this SA protects nothing"
            : "encryption without integrity can be undone by who changes packets"
        remarkOnce(reason, cipher.location.warning("\(reason); add -A or use aes-gcm-16"))
    }

    /// Of an SA that is only named, the mark alone counts beside what names it.
    mutating func remarkOnUnusedExtensions(of statement: AssociationStatement, at place: SourceLocation) {
        var unused = statement.extensions
        unused.options.mark = nil
        var text = StatementText("")
        text.append(unused)
        guard text.hasArguments else { return }
        remarkOnce(
            "unused",
            place.notice("of the extensions only '-o mark' has an effect here: they do not name an SA"))
    }

    mutating func remarkOnEffects(of statement: AssociationStatement, at place: SourceLocation) {
        let extensions = statement.extensions
        if statement.protocol != .espInUDP, statement.source.port != nil || statement.destination.port != nil
        {
            remarkOnce("ports", place.notice("ports have no effect here: only SAs of esp-udp have some"))
        }
        if let padding = extensions.padding, padding != .sequence {
            remarkOnce(
                padding.rawValue,
                place.notice(
                    "'-f \(padding.rawValue)' has no effect: padding counts up (RFC 4303 section 2.4)"))
        }
        if extensions.fragmentSize != nil {
            remarkOnce(
                "esp_frag", place.notice("'-esp_frag' has no effect: Linux does not cut packets before ESP"))
        }
        if let soft = extensions.lifetime.softTime, let hard = extensions.lifetime.hardTime, soft > hard {
            remarks.append(place.warning("the soft lifetime is beyond the hard one, so that it never comes"))
        }
    }

    /// A policy's requests have addresses alone.
    mutating func remarkOnEffects(of action: PolicyAction, at place: SourceLocation) {
        guard case .protect(let requests) = action, requests.contains(where: { $0.ports == .stated }) else {
            return
        }
        remarks.append(
            place.notice(
                "the ports of the tunnel's ends have no effect here: XFRM's templates carry none; encapsulation "
                    + "in UDP belongs to the SA ('add ... esp-udp')"))
    }
}
