import Algorithms
import ESP
import IPsec
import TestSupport

/// What the driver in the guest does: the SAs it makes, the packets it gives the kernel to seal, and ours to open.
enum MatrixPlan {
    /// Lines of words with tabs between.
    static func lines(_ sample: MatrixCase) -> [String] {
        var lines = [
            join([
                "case", "\(sample.number)", sample.name, "\(sample.protocol)", sample.mode.rawValue,
                "\(sample.source)", "\(sample.destination)", "\(sample.innerSource)",
                "\(sample.innerDestination)", "\(sample.spi(.kernel))", "\(sample.spi(.engine))",
                algorithms(sample), sample.isESN ? "\(sample.firstSequence)" : "-",
                sample.isUDP ? "udp" : "-",
                sample.isOverIPComp ? "\(sample.innerSPI(.kernel))" : "-",
                sample.isOverIPComp ? "\(sample.innerSPI(.engine))" : "-",
            ])
        ]
        lines += sample.packets(.kernel).map { join(["send", "\(sample.number)", $0.hexadecimal]) }
        do {
            let packets = sample.packets(.engine)
            for (index, sealed) in try MatrixEngine.seal(sample, packets).enumerated() {
                let header = packets[index].count - payloadCount(packets[index])
                lines.append(
                    join([
                        "inject", "\(sample.number)", sealed.hexadecimal,
                        Array(packets[index][header...]).hexadecimal,
                    ]))
            }
        } catch {
            lines.append(join(["refused", "\(sample.number)", "\(error)"]))
        }
        return lines
    }

    private static func payloadCount(_ packet: [UInt8]) -> Int {
        packet.count - (packet[0] >> 4 == 4 ? 28 : 48)
    }

    private static func join(_ words: [String]) -> String { words.joined(separator: "\t") }

    /// As `ip xfrm state` takes them.
    private static func algorithms(_ sample: MatrixCase) -> String {
        guard sample.protocol != .ipcomp else { return "comp deflate" }
        let keys = sample.keys()
        let cipher = sample.encryption.algorithm
        var words: [String] = []
        if sample.protocol == .esp {
            let key = keys.encryption.isEmpty ? "\"\"" : "0x" + keys.encryption.hexadecimal
            words += [cipher.isAEAD ? "aead" : "enc", cipher.xfrm, key]
            if cipher.isAEAD { words.append("\(cipher.icvSize * 8)") }
        }
        if let integrity = sample.integrity {
            words += ["auth-trunc", integrity.xfrm ?? "", "0x" + keys.integrity.hexadecimal]
            words.append("\(integrity.icvSize * 8)")
        }
        return words.joined(separator: " ")
    }
}
