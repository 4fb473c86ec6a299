import Algorithms
import Glibc
import IPsec
import KeyMaterial
import Netlink

/// Asks the kernel whether it can do what we need, leaving nothing behind.
enum KernelProbe {
    /// Sentences naming what is missing; empty when the kernel's IPsec is usable.
    static func missing() -> [String] {
        do throws(NetlinkRefusal) {
            var pipeline = try NetlinkPipeline(.xfrm)
            return missing(over: &pipeline)
        } catch {
            return [refusedSocket(error)]
        }
    }

    static func refusedSocket(_ refusal: NetlinkRefusal) -> String {
        switch refusal.code {
        case EPROTONOSUPPORT, EAFNOSUPPORT:
            "the kernel has no IPsec (CONFIG_XFRM_USER): load xfrm_user"
        default:
            "a NETLINK_XFRM socket could not be opened: \(refusal)"
        }
    }

    /// Why no socket could be opened.
    static func failure(_ refusal: NetlinkRefusal) -> DatabaseFailure {
        DatabaseFailure(refusal.code == EPERM ? .notPermitted : .unsupported, refusedSocket(refusal))
    }

    private static func missing(over pipeline: inout NetlinkPipeline) -> [String] {
        for spi in trialSPIs {
            let trial = trial(spi)
            let traits = KernelTraits(knowsDirection: false)
            guard let entry = try? SADEntry(trial, traits: traits),
                let request = try? StateMessages.add(entry, traits: traits)
            else { continue }
            guard let refusal = pipeline.carryOut(request) else {
                _ = pipeline.carryOut(StateMessages.delete(entry.key))
                return []
            }
            if refusal.code != EEXIST { return [sentence(refusal, entry)] }
        }
        return []
    }

    private static func sentence(_ refusal: NetlinkRefusal, _ trial: SADEntry) -> String {
        switch refusal.code {
        case EPERM, EACCES:
            "the kernel's IPsec needs CAP_NET_ADMIN in this network namespace, which this process lacks"
        case EPROTONOSUPPORT:
            "the kernel has no ESP (CONFIG_INET_ESP): load esp4"
        default:
            KernelRefusal.failure(refusal, of: .request(.addSA(trial)), for: .daemon).explanation
        }
    }

    /// A few, for the case that somebody has an SA with one of them.
    private static var trialSPIs: [SPI] { (0..<4).map { SPI(0xc0de_0000 + $0) } }

    /// An SA that no packet can use, between addresses for documentation (RFC 5737), and that ends by itself.
    private static func trial(_ spi: SPI) -> SecurityAssociation {
        let end = IPAddress(family: .ipv4, value: 0xc000_0201)
        let key = SecretKey(copying: Array(repeating: 0x5a, count: 36))
        return SecurityAssociation(
            id: SecurityAssociationID(destination: end, protocol: .esp, spi: spi),
            source: IPAddress(family: .ipv4, value: 0xc000_0202), direction: .inbound, mode: .tunnel,
            requestID: 0,
            transform: ESPTransform(
                encryption: CipherChoice(.aesCBC), encryptionKey: key.extracting(0..<16),
                integrity: .hmacSHA1,
                integrityKey: key.extracting(16..<36)),
            replayWindow: 0, lifetime: Lifetime(hardTime: .seconds(5)))
    }
}
