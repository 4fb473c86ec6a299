import IKEConfiguration
import Negotiation
import Testing

/// Every statement of the grammar once, and what is said about it: nothing if it is in effect.
@Suite struct GrammarTests {
    private static let yet = "accepted, not in effect yet"

    @Test(
        arguments: [
            ("path include \"d\";", nil), ("path pre_shared_key \"k\";", nil), ("path pidfile \"p\";", nil),
            ("path certificate \"c\";", nil),
            ("path script \"s\";", nil),
            ("path backupsa \"b\";", "'path backupsa' \(yet)"),
            ("privsep { user \"nobody\"; group 65534; chroot \"/var/empty\"; }", "'privsep' \(yet)"),
            ("log debug2;", nil), ("pfkey_buffer 1024;", "'pfkey_buffer' \(yet)"),
            ("complex_bundle on;", nil), ("key_export on;", nil),
            ("complex_bundle off;", "'complex_bundle' \(yet)"), ("gss_id_enc utf-16le;", nil),
            ("gss_id_enc latin1;", "'gss_id_enc' \(yet)"),
            (
                "timer { counter 3; interval 5 sec; persend 1; phase1 1 min; phase2 45secs; natt_keepalive 0 sec; }",
                nil
            ),
            ("timer { persend 2; }", "'persend' \(yet)"),
            (
                "padding { randomize on; randomize_length off; maximum_length 20; exclusive_tail on; strict_check off; }",
                "'padding' \(yet)"
            ),
            (
                "listen { isakmp 192.0.2.1; isakmp ::1 [501]; isakmp_natt fe80::1%eth0 [4501]; strict_address; }",
                nil
            ),
            ("listen { adminsock \"/run/r.sock\" \"root\" \"operator\" 0660; }", "'adminsock' \(yet)"),
            ("listen { adminsock disabled; }", "'adminsock' \(yet)"), ("half_open_limit 10;", nil),
            ("half_open_limit_per_address 2;", nil),
            (
                "mode_cfg { network4 10.9.0.1; netmask4 255.255.255.0; pool_size 250; dns4 10.1.0.1, 10.1.0.2; "
                    + "wins4 10.1.0.3; nbns4 10.1.0.4; default_domain \"example.org\"; "
                    + "split_network include 10.1.0.0/24, 10.2.0.0/24; split_dns \"a\", \"b\"; banner \"/etc/motd\"; "
                    + "auth_source pam; auth_groups \"a\", \"b\"; group_source system; conf_source local; "
                    + "accounting none; auth_throttle 1; pfs_group 2; save_passwd on; }", "'mode_cfg' \(yet)"
            ),
            (
                "radiuscfg { auth \"h\" 1812 \"s\"; acct \"h\" \"s\"; timeout 3; retries 3; }",
                "'radiuscfg' \(yet)"
            ),
            (
                "ldapcfg { version 3; host \"h\"; port 389; tls on; base \"b\"; subtree on; bind_dn \"d\"; bind_pw \"p\"; "
                    + "attr_user \"u\"; attr_addr \"a\"; attr_mask \"m\"; attr_group \"g\"; attr_member \"m\"; debug 1; "
                    + "timeout 5; uri \"ldap://h\"; }", "'ldapcfg' \(yet)"
            ),
        ] as [(String, String?)])
    func global(text: String, remark: String?) {
        let result = FileSet().load(text)
        #expect(result.configuration != nil)
        #expect(
            result.headlines.map { $0.split(separator: ": ", maxSplits: 2).last.map(String.init) }
                == (remark.map { [$0] } ?? []))
    }

    @Test(
        "an asterisk where it is no wildcard is told of",
        arguments: [
            ("peers_identifier fqdn \"a*.a.example\";", "for many peers write"),
            ("peers_identifier user_fqdn \"a*@a.example\";", "for many peers write"),
            ("my_identifier fqdn \"*.a.example\";", "stands for itself in my_identifier"),
        ])
    func idleWildcards(text: String, remark: String) {
        let result = FileSet().load("remote 192.0.2.2 { exchange_mode main; \(text) \(Sample.proposal) }")
        #expect(result.configuration != nil)
        #expect(result.headlines.count == 1)
        #expect(result.headlines.allSatisfy { $0.contains("warning: '*'") && $0.contains(remark) })
    }

    @Test(
        arguments: [
            ("doi ipsec_doi;", nil), ("situation identity_only;", nil), ("my_identifier address;", nil),
            ("my_identifier address 192.0.2.1;", nil), ("my_identifier fqdn \"a.example\";", nil),
            ("my_identifier user_fqdn \"u@a.example\";", nil), ("my_identifier keyid tag \"x\";", nil),
            ("my_identifier keyid file \"id\";", nil), ("my_identifier keyid \"id\";", nil),
            ("my_identifier asn1dn;", nil), ("my_identifier asn1dn \"C=CH, CN=x\";", nil),
            ("my_identifier asn1dn \"~3000\";", nil),
            ("peers_identifier address \"192.0.2.2\"; peers_identifier address;", nil),
            ("peers_identifier asn1dn \"CN=*\";", nil), ("peers_identifier fqdn \"*\";", nil),
            ("peers_identifier fqdn \"*.a.example\"; peers_identifier user_fqdn \"*@a.example\";", nil),
            ("verify_identifier on; peers_identifier fqdn \"b.example\";", nil),
            ("certificate_type x509 \"c\" \"k\";", nil), ("certificate_type plain_rsa \"k\";", nil),
            ("ca_type x509 \"c\"; ca_type x509 \"d\";", nil), ("peers_certfile x509 \"c\";", nil),
            ("peers_certfile plain_rsa \"c\";", nil), ("peers_certfile \"c\";", nil),
            ("verify_cert on;", nil), ("accept_tls_cert on;", nil), ("send_cert off;", nil),
            ("send_cr off;", nil),
            ("revocation ifuri;", nil), ("match_empty_cr on;", nil),
            ("lifetime time 8 hours;", nil), ("initial_contact off;", nil), ("passive on;", nil),
            ("support_proxy on;", "'support_proxy'"), ("generate_policy off;", nil),
            ("generate_policy unique;", nil), ("nat_traversal force;", nil),
            ("ike_frag on;", "'ike_frag'"), ("ike_frag off;", nil), ("esp_frag 552;", "'esp_frag'"),
            ("dpd on; dpd_delay 20; dpd_retry 5; dpd_maxfail 3;", nil), ("rekey force;", nil),
            ("proposal_check obey;", nil), ("mode_cfg on;", "'mode_cfg'"),
            ("weak_phase1_check on;", "'weak_phase1_check'"), ("xauth_login \"u\";", "'xauth_login'"),
            ("nonce_size 32;", nil), ("ph1id 7;", nil), ("script \"/s\" phase1_up;", nil),
        ] as [(String, String?)])
    func remote(text: String, remark: String?) {
        let files = FileSet(files: ["id": "key id"])
        let result = files.load("remote 192.0.2.2 { exchange_mode main; \(text) \(Sample.proposal) }")
        #expect(result.configuration?.policy.peers.count == 1)
        #expect(
            result.headlines.map { $0.split(separator: ": ", maxSplits: 2).last.map(String.init) }
                == (remark.map { ["\($0) \(Self.yet)"] } ?? []))
    }

    @Test(
        arguments: [
            "anonymous", "anonymous anonymous", "anonymous clientaddr",
            "address 10.1.0.0/24[any] any anonymous",
            "address 10.1.0.0/24[80] tcp subnet 10.2.0.0/24 tcp", "subnet 10.1.0.1-10.1.0.9 any anonymous",
            "address fd00::/8 icmp6 address fd01::/16 58", "fqdn \"a\" user_fqdn \"a@b\"",
            "keyid \"x\" anonymous",
            "anonymous from address \"192.0.2.2\"", "anonymous from user_fqdn \"a@b\"",
            "anonymous from asn1dn \"~3000\"",
            "address 10.0.0.1 any address 10.0.0.2 any from fqdn \"x\"",
        ])
    func sainfoHeaders(header: String) {
        let body = "{ encryption_algorithm aes; authentication_algorithm hmac_sha1; }"
        let result = FileSet().load("sainfo \(header) \(body)")
        #expect(result.headlines.isEmpty)
        #expect(result.configuration?.policy.children.count == 1)
    }

    @Test(
        arguments: [
            "encryption_algorithm aes 256, aes192, rijndael, 3des, null_enc; authentication_algorithm hmac_sha1;",
            "encryption_algorithm aes_gcm_16; remoteid 4; lifetime time 30 min;",
            "encryption_algorithm aes; encryption_algorithm 3des; authentication_algorithm hmac_sha2_512, hmac_md5;",
            "pfs_group ecp521; my_identifier fqdn \"x\"; encryption_algorithm aes; authentication_algorithm hmac_sha384;",
        ])
    func sainfoBodies(body: String) {
        let result = FileSet().load("sainfo anonymous { \(body) }")
        #expect(!result.headlines.contains { $0.contains("error") })
        #expect(result.configuration?.policy.children.count == 1)
    }

    @Test func anSainfoForAGroupIsNotUsed() {
        let result = FileSet().load(
            "sainfo anonymous group \"staff\" { encryption_algorithm aes_gcm_16; compression_algorithm deflate; }"
        )
        #expect(result.configuration?.policy.children.isEmpty == true)
        #expect(result.headlines.contains { $0.hasSuffix("not in effect yet: it is not used") })
    }
}
