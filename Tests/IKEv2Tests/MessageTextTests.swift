import Credentials
import IPsec
import ISAKMP
import Testing

@testable import IKEv2

struct MessageTextTests {
    @Test func saysWhatIsInAMessageAndNoSecrets() throws {
        let address = try #require(IPAddress("10.1.0.0"))
        let last = try #require(IPAddress("10.1.0.255"))
        let selector = try #require(
            TrafficSelector(first: address, last: last, upperProtocol: 6, ports: 80...80))
        let message = Message(
            header: MessageHeader(
                initiatorCookie: 1, responderCookie: 2, exchangeType: .ikeAuth, flags: .response,
                messageID: 1, version: 0x20),
            payloads: [
                .identification(IdentificationPayload(.fqdn("gw.example.org")), .responder),
                .authentication(AuthenticationPayload(.sharedKey, [0xde, 0xad, 0xbe, 0xef])),
                .securityAssociation(
                    SecurityAssociationPayload([
                        .init(
                            number: 1, .esp, spi: [0, 0, 0x10, 1],
                            transforms: [.init(.encryption, 12, keyBits: 256), .init(.integrity, 12)])
                    ])),
                .trafficSelectors(TrafficSelectorPayload([selector]), .initiator),
                .notify(NotifyPayload(.initialContact)),
                .notify(NotifyPayload(.rekeySA, protocolID: 3, spi: [0, 0, 0x10, 2])),
                .delete(.children(.esp, [SPI(0x1003)])),
                .unknown(PayloadType(rawValue: 77), isCritical: true, [1, 2]),
            ])
        let words = Message.words(try message.encode())
        #expect(
            words == [
                "IKE_AUTH response 1", "IDr FQDN gw.example.org", "AUTH pre-shared key, 4 octets",
                "SA 1 esp 0x00001001: aes-cbc-256; hmac-sha2-256", "TSi 10.1.0.0/24[80] proto 6",
                "N(INITIAL_CONTACT)", "N(REKEY_SA) of 0x00001002", "delete of esp 0x00001003",
                "type 77, critical, 2 octets",
            ])
    }

    @Test func whatCannotBeReadIsSaid() {
        #expect(Message.words([1, 2, 3]).first?.hasPrefix("a message of 3 octets: ") == true)
    }
}
