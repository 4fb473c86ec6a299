import Algorithms
import IKEConfiguration
import IPsec
import Negotiation
import SourceText
import Testing

/// The configuration this project was born from, its addresses filled in.
@Suite struct ArticleConfigurationTests {
    static let text = """
        path pre_shared_key "/etc/racoon/psk.txt";
        remote 192.0.2.2 {
                exchange_mode main;
                proposal {
                        encryption_algorithm 3des;
                        hash_algorithm md5;
                        authentication_method pre_shared_key;
                        dh_group modp1024;
                }
        }
        sainfo address 10.1.0.0/24 any address 10.2.0.0/24 any {
                pfs_group 768;
                encryption_algorithm 3des;
                authentication_algorithm hmac_md5;
                compression_algorithm deflate;
        }
        """

    @Test(arguments: [text, text.replacing("\n", with: "\r\n")])
    func worksAsPrinted(text: String) throws {
        let configuration = try #require(FileSet().load(text).configuration)
        #expect(configuration.paths.preSharedKeys == "/etc/racoon/psk.txt")
        let peer = try #require(configuration.policy.peers.first)
        #expect(peer.name == "192.0.2.2")
        #expect(peer.match == .address(try #require(IPAddress("192.0.2.2")), port: nil))
        #expect(
            peer.proposals == [
                IKEProposal(
                    encryption: CipherChoice(.tripleDES), prf: .hmacMD5, group: .modp1024,
                    authentication: .preSharedKey, lifetime: .seconds(28800), origin: "t.conf:4")
            ])
        let child = try #require(configuration.policy.children.first)
        #expect(child.local == .selector(TrafficSelector(try #require(IPPrefix("10.1.0.0/24")))))
        #expect(child.remote == .selector(TrafficSelector(try #require(IPPrefix("10.2.0.0/24")))))
        #expect(child.pfsGroup == .modp768)
        #expect(child.encryption == [CipherChoice(.tripleDES)])
        #expect(child.integrity == [.hmacMD5])
        #expect(child.origin == "t.conf:11")
    }

    @Test func warnsOfEachWeakChoiceOnce() {
        let places = FileSet().load(Self.text).headlines.map { $0.split(separator: ";")[0] }
        #expect(
            places == [
                "t.conf:5:38: warning: '3des' is weak: its blocks of 64 bits leak after some gigabytes",
                "t.conf:6:32: warning: 'md5' is weak: MD5 is broken",
                "t.conf:8:26: warning: 'modp1024' is weak: a group of 1024 bits can be broken by a rich attacker",
                "t.conf:12:19: warning: '768' is weak: a group of 768 bits can be broken by a rich attacker",
                "t.conf:13:30: warning: '3des' is weak: its blocks of 64 bits leak after some gigabytes",
                "t.conf:14:34: warning: 'hmac_md5' is weak: MD5 is broken",
                "t.conf:15:9: notice: 'compression_algorithm' accepted, not in effect yet in IKEv1",
            ])
    }
}
