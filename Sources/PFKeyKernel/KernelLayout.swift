import IPsec
import KeyMaterial
import Netlink
import PFKey
import XFRM

extension NetlinkRequest {
    /// Appends xfrm_lifetime_cfg, and xfrm_lifetime_cur with nothing used yet.
    mutating func putLimits(_ limits: KernelLimits) {
        for limit in [
            limits.softBytes, limits.hardBytes, limits.softPackets, limits.hardPackets, limits.softTime,
            limits.hardTime, limits.softUseTime, limits.hardUseTime,
        ] {
            put(limit)
        }
        putZeros(32)
    }

    /// Appends xfrm_selector out of two addresses; the upper protocol is the destination's.
    mutating func putSelector(_ source: SADBAddress, _ destination: SADBAddress) {
        put(destination.address)
        put(source.address)
        for port in [destination.endpoint.port, source.endpoint.port] {
            putNetworkOrder(port)
            putNetworkOrder(port == 0 ? 0 : UInt16.max)
        }
        put(source.address.family.kernelNumber)
        put(destination.prefixLength)
        put(source.prefixLength)
        put(KernelSelector.number(kernelOf: destination.upperProtocol))
        putZeros(11)
    }

    /// Appends xfrm_algo, or one of its longer forms, as an attribute.
    ///
    /// - Parameter truncation: bits of ICV, where they are to be told.
    mutating func putAlgorithm(_ type: UInt16, _ name: String, _ key: SADBKey?, truncation: UInt32? = nil) {
        putAttribute(type) { attribute in
            attribute.put(name, paddedTo: XFRMValue.algorithmNameSize)
            attribute.put(UInt32(key?.bits ?? 0))
            if let truncation { attribute.put(truncation) }
            if let key { attribute.put(key.key) }
        }
    }

    /// Appends xfrm_user_sec_ctx as an attribute, where there is one.
    mutating func putLabel(_ label: SADBSecurityContext?) {
        guard let label else { return }
        putAttribute(XFRMAttribute.securityContext) { attribute in
            attribute.put(UInt16(truncatingIfNeeded: 8 + label.label.count))
            attribute.put(XFRMValue.contextType)
            attribute.put(label.algorithm)
            attribute.put(label.domain)
            attribute.put(UInt16(truncatingIfNeeded: label.label.count))
            attribute.put(label.label)
        }
    }
}
