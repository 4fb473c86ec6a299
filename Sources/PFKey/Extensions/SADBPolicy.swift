import IPsec
import Wire

/// A policy without its selector (`struct sadb_x_policy`, KAME).
package struct SADBPolicy: Hashable, Sendable {
    /// 0 discard, 1 none, 2 ipsec, 3 entrust, 4 bypass.
    package var type: UInt16
    /// 1 in, 2 out, 3 forward; 4 and 5 for the policies of one socket.
    package var direction: UInt8
    /// The database's number for it; 0 in requests by selector.
    package var index: UInt32
    /// The lowest wins.
    package var priority: UInt32
    /// What follows: a row of transformations, which `requests` reads.
    package var requestOctets: [UInt8]

    /// One transformation (`struct sadb_x_ipsecrequest`, whose length is in octets).
    package struct Request: Hashable, Sendable {
        /// IP protocol number.
        package var `protocol`: UInt16
        /// 1 transport, 2 tunnel, 3 BEET.
        package var mode: UInt8
        /// 0 default, 1 use, 2 require, 3 unique.
        package var level: UInt8
        package var requestID: UInt32
        /// What follows: in tunnel mode the addresses of its ends.
        package var addressOctets: [UInt8]

        package init(
            protocol: UInt16, mode: UInt8, level: UInt8, requestID: UInt32, tunnel: SADBAddressPair? = nil
        ) {
            self.protocol = `protocol`
            self.mode = mode
            self.level = level
            self.requestID = requestID
            var addresses = ByteWriter()
            tunnel?.putBare(into: &addresses)
            addressOctets = addresses.bytes
        }

        /// The ends of the tunnel; nil where there are not two addresses of one family.
        package var tunnel: SADBAddressPair? {
            var octets = addressOctets.span
            return try? SADBAddressPair(bare: .policy, &octets)
        }
    }

    package init(
        type: UInt16, direction: UInt8, index: UInt32 = 0, priority: UInt32 = 0, requests: [Request] = []
    ) {
        self.type = type
        self.direction = direction
        self.index = index
        self.priority = priority
        var writer = ByteWriter()
        for request in requests { request.put(into: &writer) }
        requestOctets = writer.bytes
    }

    init(_ body: inout Span<UInt8>) throws {
        type = try body.takeHostUInt16()
        direction = try body.takeUInt8()
        try body.skip(1)
        index = try body.takeHostUInt32()
        priority = try body.takeHostUInt32()
        requestOctets = body.takeRemainingBytes()
    }

    /// The transformations.
    ///
    /// - Throws: where one of them has an impossible length.
    package var requests: [Request] {
        get throws(SADBError) {
            var requests: [Request] = []
            var octets = requestOctets.span
            while octets.count >= Request.headSize { requests.append(try Request(&octets)) }
            return requests
        }
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: type)
        writer.put(direction)
        writer.putZeros(1)
        writer.put(host: index)
        writer.put(host: priority)
        writer.put(requestOctets)
    }
}

extension SADBPolicy.Request {
    /// Octets before the addresses.
    package static let headSize = 16

    fileprivate init(_ body: inout Span<UInt8>) throws(SADBError) {
        let whole = body
        do throws(WireError) {
            let length = Int(try body.takeHostUInt16())
            `protocol` = try body.takeHostUInt16()
            mode = try body.takeUInt8()
            level = try body.takeUInt8()
            try body.skip(2)
            requestID = try body.takeHostUInt32()
            try body.skip(4)
            addressOctets = try body.takeBytes(length - Self.headSize)
        } catch {
            throw .malformed(.policy, "has a request whose length is not 16 to \(whole.count) octets")
        }
    }

    fileprivate func put(into writer: inout ByteWriter) {
        // At most 16 + 2 * 28 in what we write ourselves.
        writer.put(host: UInt16(truncatingIfNeeded: Self.headSize + addressOctets.count))
        writer.put(host: `protocol`)
        writer.put(mode)
        writer.put(level)
        writer.putZeros(2)
        writer.put(host: requestID)
        writer.putZeros(4)
        writer.put(addressOctets)
    }
}
