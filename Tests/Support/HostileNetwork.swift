import IPsec
import Negotiation

/// What somebody on the way, who has no keys, can do with datagrams that crossed.
extension TwoMachines {
    /// Delivers a datagram as if it were one that crossed before.
    package mutating func inject(_ datagram: [UInt8], like index: Int) {
        let (from, _, path) = sent[index]
        handle(.datagram(datagram, Path(local: path.remote, remote: path.local)), at: from.other)
    }

    /// Each cut short everywhere, with the length as it was and with one that fits, and too long.
    package mutating func injectTruncated() {
        for (index, sent) in sent.enumerated() {
            for length in 0..<sent.1.count {
                var cut = Array(sent.1.prefix(length))
                inject(cut, like: index)
                guard length >= 28 else { continue }
                cut.replaceSubrange(24..<28, with: [0, 0, UInt8(length >> 8), UInt8(length & 255)])
                inject(cut, like: index)
            }
            inject(sent.1 + [0, 0, 0, 0], like: index)
        }
    }

    /// Each with every other value of one octet.
    package mutating func injectChanged(octet: Int) {
        for (index, sent) in sent.enumerated() {
            for flip in 1...255 {
                var datagram = sent.1
                datagram[octet] ^= UInt8(flip)
                inject(datagram, like: index)
            }
        }
    }

    /// Each again.
    package mutating func injectAgain() {
        for index in sent.indices { inject(sent[index].1, like: index) }
    }

    /// Each back to its sender.
    package mutating func reflect() {
        for (from, datagram, path) in sent {
            handle(.datagram(datagram, Path(local: path.local, remote: path.remote)), at: from)
        }
    }

    /// Some with one to four octets changed; where those that crossed become many, only the first `kept` are changed.
    package mutating func injectNoise(seed: UInt64, rounds: Int, kept: Int) {
        var random = FixedRandom(seed: seed)
        for round in 0..<rounds {
            let index = Int(random.next() % UInt64(sent.count))
            var datagram = sent[index].1
            for _ in 0...(round % 4) {
                datagram[Int(random.next() % UInt64(datagram.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            if sent[index].1 != datagram { inject(datagram, like: index) }
            if sent.count > 100 { sent.removeLast(sent.count - kept) }
        }
    }

    /// Changes the datagram with a number, counted from 1 over both sides, on its way; nil drops it.
    package mutating func tamper(
        withMessage number: Int, _ change: @escaping ([UInt8], _ receiver: Machine) -> [UInt8]?
    ) {
        var count = 0
        tamper = { datagram, receiver in
            count += 1
            return count == number ? change(datagram, receiver) : datagram
        }
    }
}
