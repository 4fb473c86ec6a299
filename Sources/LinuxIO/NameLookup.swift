import CLinux
import Glibc
package import IPsec

/// Names that the system knows numbers for.
package enum NameLookup {
    /// Why a host name gave no address, as the C library says it.
    package struct Failure: Error, Hashable, Sendable {
        package let reason: String
    }

    /// The addresses of a host, in the order in which they are to be tried; may ask name servers.
    ///
    /// - Parameter family: nil for both.
    package static func addresses(of name: String, family: AddressFamily?) throws(Failure) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        unsafe hints.ai_family =
            switch family {
            case nil: AF_UNSPEC
            case .ipv4: AF_INET
            case .ipv6: AF_INET6
            }
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else {
            throw Failure(reason: unsafe gai_strerror(code).map { unsafe String(cString: $0) } ?? "unknown")
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe address(entry.pointee), !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        // Where the address stands in sockaddr_in and sockaddr_in6.
        let (offset, count) = unsafe entry.ai_family == AF_INET ? (4, 4) : (8, 16)
        guard let start = unsafe entry.ai_addr, unsafe Int(entry.ai_addrlen) >= offset + count else {
            return nil
        }
        let octets = unsafe UnsafeRawBufferPointer(start: start, count: offset + count)
        return unsafe IPAddress(bytes: octets.dropFirst(offset))
    }

    /// The port of a UDP service, or of a TCP one.
    package static func port(ofService name: String) -> UInt16? {
        for transport in ["udp", "tcp"] {
            if let entry = unsafe getservbyname(name, transport) {
                return unsafe UInt16(truncatingIfNeeded: entry.pointee.s_port).byteSwapped
            }
        }
        return nil
    }

    /// The index of a network interface.
    package static func interface(named name: String) -> UInt32? {
        let index = unsafe if_nametoindex(name)
        return index == 0 ? nil : index
    }
}
