package import Algorithms
package import Cryptography
import ISAKMP

/// Encrypts and decrypts what follows the header of a message (RFC 2409 section 5 and appendix B).
package struct MessageCipher: Sendable {
    /// A message made ready to be sent.
    package struct Sealed: Hashable, Sendable {
        package let datagram: [UInt8]
        /// The same message before it was encrypted.
        package let clear: [UInt8]
        /// The IV of the next message of the exchange.
        package let nextIV: [UInt8]
    }

    /// A message that was decrypted; nothing says yet that it is genuine.
    package struct Opened: Hashable, Sendable {
        package let message: Message
        /// The IV of the next message of the exchange, to be used only once this one is found genuine.
        package let nextIV: [UInt8]
    }

    private let cipher: BlockCipher

    /// - Throws: `CipherFailure` where the cipher is not one of phase 1.
    package init(_ choice: CipherChoice, keys: SKEYID) throws(CipherFailure) {
        cipher = try BlockCipher(choice, key: keys.encryptionKey(for: choice))
    }

    /// Octets of a block and of an IV.
    package var blockSize: Int { cipher.blockSize }

    /// Pads with zeros to whole blocks, encrypts, and sets the encryption flag.
    package func seal(_ message: Message, iv: [UInt8]) throws(MessageError) -> Sealed {
        var body = try Message.encode(message.payloads)
        let clear = try message.encode(body: body.span, isEncrypted: false)
        pad(&body)
        do {
            try cipher.encrypt(&body, iv: iv)
        } catch {
            throw MessageError(.payloads, .content("not encrypted: \(error)"))
        }
        return Sealed(
            datagram: try message.encode(body: body.span, isEncrypted: true), clear: clear,
            nextIV: lastBlock(of: body, iv))
    }

    /// Decrypts a datagram and reads its payloads.
    ///
    /// A failure to read what was decrypted usually means that the keys differ.
    package func open(_ datagram: [UInt8], iv: [UInt8]) throws(MessageError) -> Opened {
        let header = try Message.header(of: datagram)
        guard header.flags.contains(.encryption) else {
            throw MessageError(.header, .encryption(expected: true))
        }
        var body = Array(datagram.dropFirst(MessageHeader.size))
        guard !body.isEmpty, body.count % blockSize == 0 else {
            throw MessageError(
                .payloads, .size("what is encrypted", found: body.count, expected: "blocks of \(blockSize)"))
        }
        let next = lastBlock(of: body, iv)
        do {
            try cipher.decrypt(&body, iv: iv)
        } catch {
            throw MessageError(.payloads, .content("not decrypted: \(error)"))
        }
        return Opened(message: try Message(header: header, decrypted: body), nextIV: next)
    }

    private func pad(_ body: inout [UInt8]) {
        let padding = (blockSize - body.count % blockSize) % blockSize
        body += repeatElement(0, count: padding)
    }

    private func lastBlock(of body: [UInt8], _ iv: [UInt8]) -> [UInt8] {
        body.isEmpty ? iv : Array(body.suffix(blockSize))
    }
}
