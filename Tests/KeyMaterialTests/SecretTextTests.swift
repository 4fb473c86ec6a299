import KeyMaterial
import Testing

struct SecretTextTests {
    @Test func putsTextAndKeysTogether() {
        var inner = SecretText()
        inner.append(hexadecimal: SecretKey(copying: [0x00, 0x9a, 0xff]))
        var text = SecretText()
        text.append("\"0x")
        text.append(inner)
        text.append("\"\n")
        text.append(hexadecimal: SecretKey(copying: []))
        let octets = text.octets.withSpan { span in span.indices.map { span[$0] } }
        #expect(octets == Array("\"0x009aff\"\n".utf8))
    }

    @Test func isEmptyAtFirst() {
        #expect(SecretText().octets.count == 0)
    }
}
