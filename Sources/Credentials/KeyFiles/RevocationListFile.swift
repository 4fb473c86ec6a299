internal import KeyMaterial

extension RevocationList {
    /// Reads a list in DER, or the first one in a PEM text.
    package init(file content: [UInt8]) throws(RevocationFailure) {
        guard content.starts(with: Array("-----BEGIN ".utf8)) || content.first != 0x30,
            let blocks = try? PEM.blocks(content.span),
            let block = blocks.first(where: { $0.label == "X509 CRL" || $0.label == "CRL" }),
            let der = SecretBytes.decoding(base64: content.span.extracting(block.body))
        else {
            try self.init(der: content)
            return
        }
        try self.init(der: der.withSpan { span in span.indices.map { span[$0] } })
    }
}
