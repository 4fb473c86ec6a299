/// Algorithms and proposals that are refused.
extension RenderedDiagnosticsTests {
    private static func proposal(_ statements: String) -> String {
        "remote 192.0.2.2 {\n  exchange_mode main;\n  proposal {\n    \(statements)\n  }\n}\n"
    }

    private static let rest =
        "hash_algorithm sha256; authentication_method pre_shared_key; dh_group modp2048;"

    private static func sainfo(_ statements: String) -> String { "sainfo anonymous {\n\t\(statements)\n}\n" }

    static let algorithms = [
        Case(
            "a cipher that racoon has and swiftike has not",
            proposal("encryption_algorithm idea; \(rest)"),
            """
            t.conf:4:26: error: 'idea' is not supported by swiftike here; use 'aes', '3des', 'camellia', 'cast128' or \
            'blowfish'
                    encryption_algorithm idea; \(rest)
                                         ^~~~
            """),
        Case(
            "a cipher of phase 2 in phase 1", proposal("encryption_algorithm aes_gcm_16; \(rest)"),
            """
            t.conf:4:26: error: 'aes_gcm_16' is not supported by swiftike here; it can be used in an sainfo
                    encryption_algorithm aes_gcm_16; \(rest)
                                         ^~~~~~~~~~
            """),
        Case(
            "a key length that AES has not", proposal("encryption_algorithm aes 100; \(rest)"),
            """
            t.conf:4:30: error: aes-cbc has keys of 128, 192, 256 bits, found 100
                    encryption_algorithm aes 100; \(rest)
                                             ^~~
            """),
        Case(
            "a key length for 3DES", sainfo("encryption_algorithm 3des 192;"),
            """
            t.conf:2:28: error: 3des-cbc has a fixed key length; leave '192' out
                \tencryption_algorithm 3des 192;
                \t                          ^~~
            """),
        Case(
            "a misspelt hash",
            proposal(
                "encryption_algorithm aes;\n    hash_algorithm sha265;\n    dh_group 14; "
                    + "authentication_method pre_shared_key;"),
            """
            t.conf:5:20: error: 'sha265' is not supported by swiftike here; did you mean 'sha256'?
                    hash_algorithm sha265;
                                   ^~~~~~
            """),
        Case(
            "a group that does not exist", sainfo("pfs_group 7; encryption_algorithm aes_gcm_16;"),
            """
            t.conf:2:12: error: '7' is not supported by swiftike here; use 'modp768', 'modp1024', 'modp1536', \
            'modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192', 'ecp256', 'ecp384', 'ecp521', \
            'modp1024s160', 'modp2048s224', 'modp2048s256', 'ecp192', 'ecp224', 'ecp224bp', 'ecp256bp', \
            'ecp384bp', 'ecp512bp', 'curve25519' or 'curve448'
                \tpfs_group 7; encryption_algorithm aes_gcm_16;
                \t          ^
            """),
        Case(
            "an authenticator that swiftike has not",
            sainfo("encryption_algorithm aes;\n\tauthentication_algorithm hmac_sha1, des_mac;"),
            """
            t.conf:3:38: error: 'des_mac' is not supported by swiftike here; use 'hmac_md5', 'hmac_sha1', \
            'hmac_sha256', 'hmac_sha384', 'hmac_sha512', 'hmac_ripemd160' or 'aes_xcbc_mac'
                \tauthentication_algorithm hmac_sha1, des_mac;
                \t                                    ^~~~~~~
            """),
        Case(
            "a cipher twice", sainfo("encryption_algorithm aes 256, 3des, aes256;"),
            """
            t.conf:2:32: warning: '3des' is weak: its blocks of 64 bits leak after some gigabytes; aes is the usual choice
                \tencryption_algorithm aes 256, 3des, aes256;
                \t                              ^~~~
            t.conf:2:38: error: aes-cbc-256 is in the list already
                \tencryption_algorithm aes 256, 3des, aes256;
                \t                                    ^~~~~~
            """),
        Case(
            "compression that swiftike has not", sainfo("compression_algorithm lzs;"),
            """
            t.conf:2:24: error: 'lzs' is not supported by swiftike; use 'deflate'
                \tcompression_algorithm lzs;
                \t                      ^~~
            """),
        Case(
            "a cipher without an authenticator", sainfo("encryption_algorithm aes;"),
            """
            t.conf:1:1: error: this sainfo has no authentication_algorithm, which aes-cbc-128 needs
                sainfo anonymous {
                ^~~~~~~~~~~~~~~~
            """),
    ]

    static let proposals = [
        Case(
            "proposals that cannot be used, and none left",
            """
            remote 192.0.2.2 {
                exchange_mode main;
                proposal { encryption_algorithm aes; hash_algorithm sha1; dh_group 14; authentication_method dsssig; }
                proposal { encryption_algorithm aes; hash_algorithm sha1; dh_group 14;
                           authentication_method xauth_psk_client; }
            }
            """,
            """
            t.conf:1:1: error: this remote has no proposal that can be used; 'authentication_method pre_shared_key' can
                remote 192.0.2.2 {
                ^~~~~~~~~~~~~~~~
            t.conf:3:98: notice: authentication_method 'dsssig' accepted, not in effect yet: this proposal is not used
                    proposal { encryption_algorithm aes; hash_algorithm sha1; dh_group 14; authentication_method dsssig; }
                                                                                                                 ^~~~~~
            t.conf:5:38: notice: authentication_method 'xauth_psk_client' accepted, not in effect yet: \
            this proposal is not used
                               authentication_method xauth_psk_client; }
                                                     ^~~~~~~~~~~~~~~~
            """),
        Case(
            "signatures without a key",
            """
            remote 192.0.2.2 {
                exchange_mode main;
                proposal { encryption_algorithm aes; hash_algorithm sha1; dh_group 14; authentication_method rsasig; }
            }
            """,
            """
            t.conf:3:5: error: authentication_method 'rsasig' signs with a key of ours, and this remote names none; \
            add 'certificate_type x509 "cert.pem" "key.pem";'
                    proposal { encryption_algorithm aes; hash_algorithm sha1; dh_group 14; authentication_method rsasig; }
                    ^~~~~~~~
            """),
        Case(
            "a proposal that says half",
            "remote ::1 { exchange_mode main;\n  proposal { hash_algorithm sha1; dh_group 2048; } }",
            """
            t.conf:2:3: error: this proposal lacks encryption_algorithm, authentication_method
                  proposal { hash_algorithm sha1; dh_group 2048; } }
                  ^~~~~~~~
            """),
        Case(
            "no proposal", "remote ::1 { exchange_mode main; }",
            """
            t.conf:1:1: error: this remote has no proposal
                remote ::1 { exchange_mode main; }
                ^~~~~~~~~~
            """),
        Case(
            "aggressive mode alone",
            "remote ::1 { exchange_mode aggressive;\n  proposal { encryption_algorithm aes; \(rest) } }",
            """
            t.conf:1:1: error: this remote has no exchange_mode in effect; add 'ikev2' or 'main'
                remote ::1 { exchange_mode aggressive;
                ^~~~~~~~~~
            t.conf:1:28: notice: exchange_mode 'aggressive' accepted, not in effect yet
                remote ::1 { exchange_mode aggressive;
                                           ^~~~~~~~~~
            """),
        Case(
            "groups that aggressive mode cannot offer",
            """
            remote ::1 {
                exchange_mode main, aggressive;
                proposal { encryption_algorithm aes; \(rest) }
                proposal { encryption_algorithm aes; \(rest.replacing("modp2048", with: "ecp256")) }
            }
            """,
            """
            t.conf:1:1: error: with exchange_mode aggressive all proposals have one dh_group, found ecp256, modp2048
                remote ::1 {
                ^~~~~~~~~~
            t.conf:2:25: notice: exchange_mode 'aggressive' accepted, not in effect yet
                    exchange_mode main, aggressive;
                                        ^~~~~~~~~~
            """),
        Case(
            "no exchange mode", "remote ::1 { proposal { encryption_algorithm aes; \(rest) } }",
            """
            t.conf:1:1: error: this remote has no exchange_mode; add 'exchange_mode ikev2;'
                remote ::1 { proposal { encryption_algorithm aes; \(rest) } }
                ^~~~~~~~~~
            """),
        Case(
            "a name without attributes",
            "remote ::1 { exchange_mode main; \(Sample.proposal)\n  peers_identifier asn1dn \"x\";\n}",
            """
            t.conf:2:27: error: `x` has no `=`; write attributes such as CN=gateway
                  peers_identifier asn1dn "x";
                                          ^~~
            """),
    ]
}
