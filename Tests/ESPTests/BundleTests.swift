import Algorithms
import ESP
import IPsec
import KeyMaterial
import TestSupport
import Testing

/// Security associations between two hosts that packets go through in order, the innermost first.
struct SampleBundle: Sendable, CustomTestStringConvertible {
    let name: String
    let layers: [(protocol: SecurityProtocol, mode: EncapsulationMode, family: AddressFamily)]

    var testDescription: String { name }

    static let all: [SampleBundle] = [
        SampleBundle("ESP", (.esp, .transport, .ipv4)),
        SampleBundle("AH over ESP", (.esp, .transport, .ipv4), (.ah, .transport, .ipv4)),
        SampleBundle("AH over ESP, IPv6", (.esp, .transport, .ipv6), (.ah, .transport, .ipv6)),
        SampleBundle("ESP over IPComp", (.ipcomp, .transport, .ipv4), (.esp, .transport, .ipv4)),
        SampleBundle("ESP over an IPComp tunnel", (.ipcomp, .tunnel, .ipv6), (.esp, .transport, .ipv6)),
        SampleBundle("ESP tunnel, AH", (.esp, .tunnel, .ipv4), (.ah, .transport, .ipv4)),
        SampleBundle(
            "AH over ESP over IPComp", (.ipcomp, .tunnel, .ipv4), (.esp, .transport, .ipv4),
            (.ah, .transport, .ipv4)),
        SampleBundle("ESP tunnel in an ESP tunnel", (.esp, .tunnel, .ipv4), (.esp, .tunnel, .ipv6)),
        SampleBundle("AH tunnel in an ESP tunnel", (.ah, .tunnel, .ipv6), (.esp, .tunnel, .ipv4)),
    ]

    init(
        _ name: String,
        _ layers: (protocol: SecurityProtocol, mode: EncapsulationMode, family: AddressFamily)...
    ) {
        self.name = name
        self.layers = layers
    }

    /// The family of the packets it carries.
    var innerFamily: AddressFamily {
        layers.first.map { $0.mode == .tunnel ? .ipv4 : $0.family } ?? .ipv4
    }

    func associations(_ direction: Direction) -> [SecurityAssociation] {
        layers.enumerated().map { place, layer in
            var association: SecurityAssociation
            switch layer.protocol {
            case .esp:
                var sample = SampleSA.gcm
                sample.mode = layer.mode
                sample.family = layer.family
                association = sample.association(direction)
            case .ah:
                let sample = SampleAH(integrity: .hmacSHA256, mode: layer.mode, family: layer.family)
                association = sample.association(direction)
            case .ipcomp:
                association = SampleIPComp(mode: layer.mode, family: layer.family).association(direction)
            }
            association.id = SecurityAssociationID(
                destination: association.id.destination, protocol: layer.protocol,
                spi: SPI(0x1000 + UInt32(place)))
            return association
        }
    }

    var templates: [PolicyTemplate] {
        associations(.outbound).map { association in
            PolicyTemplate(
                protocol: association.id.protocol, mode: association.mode,
                tunnelSource: association.mode == .tunnel ? association.source : nil,
                tunnelDestination: association.mode == .tunnel ? association.id.destination : nil)
        }
    }

    func sealed(_ packet: [UInt8]) throws -> [UInt8] {
        let headroom = OutboundEngine.headroom * layers.count
        var buffer = [UInt8](repeating: 0xee, count: headroom) + packet
        buffer += [UInt8](repeating: 0xee, count: PacketRoom.tailroom * layers.count)
        var range = headroom..<headroom + packet.count
        var random = FixedRandom(seed: 3)
        for association in associations(.outbound) {
            var engine = try OutboundEngine(association, random: &random)
            var span = buffer.mutableSpan
            range = try engine.seal(&span, packet: range).packet
            #expect(engine.usage.packets == 1)
        }
        return Array(buffer[range])
    }

    /// The packet, and the SAs that it came through.
    func opened(_ bytes: [UInt8]) throws -> (packet: [UInt8], used: [SecurityAssociation]) {
        var buffer = bytes + [UInt8](repeating: 0, count: 65_536)
        var chain = InboundChain()
        var range = 0..<bytes.count
        var used: [SecurityAssociation] = []
        var next = try InboundChain.Layer(inIPPacket: range, of: buffer.span)
        while let layer = next {
            guard let association = association(for: layer) else { break }
            var engine = try InboundEngine(association)
            var span = buffer.mutableSpan
            switch layer {
            case .protected(let packet): range = try engine.open(&span, packet).packet
            case .tunneled: range = try engine.openUncompressed(&span, inIPPacket: range).packet
            }
            used.append(association)
            next = try chain.next(range, of: buffer.span)
        }
        return (Array(buffer[range]), used)
    }

    private func association(for layer: InboundChain.Layer) -> SecurityAssociation? {
        associations(.inbound).first { association in
            switch layer {
            case .protected(let packet): association.id == packet.id
            case .tunneled(_, let source, let destination):
                association.id.protocol == .ipcomp && association.source == source
                    && association.id.destination == destination
            }
        }
    }
}

struct BundleTests {
    @Test(arguments: SampleBundle.all)
    func whatABundleSealsItsCounterpartOpens(_ bundle: SampleBundle) throws {
        for count in [8, 1000] {
            let packet = SamplePacket.udp(bundle.innerFamily, count: count)
            let sealed = try bundle.sealed(packet)
            let outermost = try #require(bundle.layers.last?.protocol.rawValue)
            #expect(try IPHeader(sealed.span).nextProtocol == outermost)
            let opened = try bundle.opened(sealed)
            #expect(opened.packet == packet)
            #expect(bundle.templates.accept(count: opened.used.count) { opened.used[$0] })
        }
    }

    @Test(arguments: SampleBundle.all.filter { $0.layers.count > 1 })
    func everySAOfAPolicyIsNeededInItsPlace(_ bundle: SampleBundle) {
        let used = Array(bundle.associations(.inbound).reversed())
        func accept(_ templates: [PolicyTemplate], _ used: [SecurityAssociation]) -> Bool {
            templates.accept(count: used.count) { used[$0] }
        }
        #expect(accept(bundle.templates, used))
        #expect(!accept(bundle.templates, used.reversed()))
        #expect(!accept(bundle.templates, used + used))
        #expect(!accept([], used))
        for place in used.indices {
            var fewer = used
            let missing = fewer.remove(at: place)
            #expect(accept(bundle.templates, fewer) == (missing.id.protocol == .ipcomp))
            let lenient = bundle.templates.map { template in
                var template = template
                if template.protocol == missing.id.protocol { template.level = .use }
                return template
            }
            #expect(accept(lenient, fewer))
        }
    }

    @Test func anEngineRefusesThePacketsOfAnotherProtocol() throws {
        let bundle = SampleBundle("AH over ESP", (.esp, .transport, .ipv4), (.ah, .transport, .ipv4))
        var sealed = try bundle.sealed(SamplePacket.udp(.ipv4, count: 8))
        let packet = try #require(try ProtectedPacket(inIPPacket: 0..<sealed.count, of: sealed.span))
        var engine = try InboundEngine(try #require(bundle.associations(.inbound).first))
        var reason: DropReason?
        do throws(DropReason) {
            var span = sealed.mutableSpan
            _ = try engine.open(&span, packet)
        } catch {
            reason = error
        }
        #expect(reason == .notAH)
    }

    /// A packet that wraps itself again and again must end somewhere.
    @Test func depthIsBounded() throws {
        let inner = SamplePacket.udp(.ipv4, count: 8)
        let nested = SamplePacket.header(.ipv4, inner.count, proto: 4) + inner
        var chain = InboundChain()
        for _ in 1..<InboundChain.maximumDepth {
            let layer = try chain.next(0..<nested.count, of: nested.span)
            #expect(layer != nil)
        }
        var reason: DropReason?
        do throws(DropReason) {
            _ = try chain.next(0..<nested.count, of: nested.span)
        } catch {
            reason = error
        }
        #expect(reason == .tooDeep)
        chain = InboundChain()
        let layer = try chain.next(0..<inner.count, of: inner.span)
        #expect(layer == nil)
    }
}
