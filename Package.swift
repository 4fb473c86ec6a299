// swift-tools-version: 6.2
// The module map. An arrow (a dependency) may only point to a lower level; the comments give the levels.
import PackageDescription

/// Warnings are errors where somebody is watching: on CI and when SWIFTIKE_WERROR is set.
let strict = Context.environment["CI"] != nil || Context.environment["SWIFTIKE_WERROR"] != nil

let settings: [SwiftSetting] =
    [
        .strictMemorySafety(),
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ExistentialAny"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// - Parameter exclude: folders of the target that hold no source, such as `Vectors`.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "swiftike",
    products: [
        .executable(name: "swiftike", targets: ["swiftike"]),
        .executable(name: "swiftikectl", targets: ["swiftikectl"]),
        .executable(name: "swiftkey", targets: ["swiftkey"]),
        .executable(name: "swiftesp", targets: ["swiftesp"]),
        .executable(name: "swiftpfkey-run", targets: ["swiftpfkey-run"]),
        .executable(name: "swiftpfkeyd", targets: ["swiftpfkeyd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // C: system libraries and header shims
        .systemLibrary(name: "CLibmnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CPFKeyClient"),
        // 1
        module("Wire"),
        module("Calendar"),
        module("HTTPExchange"),
        module("ASN1", ["Calendar"]),
        module("Algorithms"),
        module("KeyMaterial"),
        module("SourceText"),
        module("ProgramFormat"),
        // 2
        module("IPsec", ["Algorithms", "KeyMaterial"]),
        module("Cryptography", ["ASN1", "Algorithms", "KeyMaterial", "CLibcrypto"]),
        module("Compression", ["CZlib"]),
        module("ISAKMP", ["Wire"]),
        module("CaptureFile", ["Wire"]),
        module("Netlink", ["Wire", "KeyMaterial", "CLibmnl", "CLinux"]),
        // 3
        module(
            "KeyAgreement",
            [
                "Algorithms", "KeyMaterial", "Cryptography", "CLibcrypto",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        module("LinuxIO", ["CLinux", "CPFKeyClient", "IPsec", "KeyMaterial"]),
        module(
            "Credentials",
            ["ASN1", "Algorithms", "Calendar", "Cryptography", "KeyMaterial", "IPsec"]),
        module("ESP", ["Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Compression"]),
        module("PFKey", ["Wire", "Algorithms", "KeyMaterial", "IPsec"]),
        module("PFKeySocket", ["IPsec", "LinuxIO", "PFKey"]),
        module("PFKeyLaunch", ["LinuxIO", "ProgramFormat"]),
        module("SetkeyScript", ["Algorithms", "KeyMaterial", "IPsec", "SourceText"]),
        // 4
        module("XFRM", ["Wire", "Algorithms", "KeyMaterial", "Netlink", "IPsec", "LinuxIO", "CLinux"]),
        module("SADText", ["Algorithms", "KeyMaterial", "IPsec", "SetkeyScript", "SourceText"]),
        module("InnerAddresses", ["Wire", "Netlink", "IPsec", "LinuxIO"]),
        module(
            "CertificateAuthority",
            ["ASN1", "Algorithms", "Calendar", "Credentials", "Cryptography", "IPsec", "KeyMaterial"]),
        module(
            "Negotiation",
            [
                "Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "KeyAgreement", "Credentials",
                "SourceText",
            ]),
        module(
            "UserspaceIPsec",
            [
                "Algorithms", "Cryptography", "KeyMaterial", "ESP", "IPsec", "LinuxIO", "Netlink", "CLinux",
                .product(name: "HashTreeCollections", package: "swift-collections"),
            ]),
        // 5
        module(
            "PFKeyKernel",
            ["Wire", "KeyMaterial", "IPsec", "LinuxIO", "Netlink", "PFKey", "PFKeySocket", "XFRM"]),
        module(
            "IKEv1",
            [
                "Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Credentials", "ISAKMP",
                "Negotiation",
            ]),
        module(
            "IKEv2",
            [
                "Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Credentials", "ISAKMP",
                "Negotiation",
            ]),
        module(
            "IKEConfiguration",
            [
                "Algorithms", "KeyMaterial", "IPsec", "Credentials", "Negotiation", "SetkeyScript",
                "SourceText",
            ]),
        // 6
        module("ControlProtocol", ["Calendar"]),
        module(
            "IKEDaemon",
            [
                "Algorithms", "Calendar", "Credentials", "HTTPExchange", "KeyMaterial", "IPsec",
                "Cryptography", "Negotiation", "ControlProtocol", "LinuxIO", "SADText",
            ] + nio),
        module(
            "KeyAdministration",
            [
                "Algorithms", "Calendar", "KeyMaterial", "IPsec", "PFKey", "SetkeyScript", "SourceText",
                "ControlProtocol",
            ]),
        module(
            "PacketAudit",
            [
                "Algorithms", "Calendar", "CaptureFile", "ControlProtocol", "Cryptography", "ESP", "IPsec",
                "KeyMaterial",
                "SADText", "SourceText",
            ]),
        // programs
        program(
            "swiftike",
            [
                "Calendar", "IKEDaemon", "IKEConfiguration", "IKEv1", "IKEv2", "SourceText",
                "ControlProtocol",
                "Credentials",
                "KeyMaterial",
                "Negotiation", "IPsec", "InnerAddresses", "LinuxIO", "PFKey", "PFKeySocket", "XFRM",
                "UserspaceIPsec",
                "Cryptography", "KeyAgreement", "Algorithms", arguments,
            ]),
        program(
            "swiftesp",
            [
                "PacketAudit", "CaptureFile", "ControlProtocol", "Cryptography", "IPsec", "LinuxIO",
                "SADText",
                "SetkeyScript", "SourceText", arguments,
            ]),
        program(
            "swiftikectl",
            [
                "ASN1", "Calendar", "CertificateAuthority", "ControlProtocol", "Credentials", "Cryptography",
                "IPsec", "KeyMaterial", "LinuxIO", "Negotiation", arguments,
            ]),
        program(
            "swiftkey", ["KeyAdministration", "IPsec", "SetkeyScript", "LinuxIO", "PFKeySocket", "XFRM"]),
        program("swiftpfkey-run", ["LinuxIO", "PFKeyLaunch", arguments]),
        program("swiftpfkeyd", ["LinuxIO", "PFKey", "PFKeyKernel", "PFKeySocket", arguments]),
        // tests
        .target(
            name: "TestSupport",
            dependencies: [
                "Algorithms", "Credentials", "KeyMaterial", "IPsec", "Cryptography", "Negotiation",
            ],
            path: "Tests/Support", swiftSettings: settings),
        .executableTarget(
            name: "userspace-selftest",
            dependencies: [
                "AllocationCount", "Algorithms", "IPsec", "KeyMaterial", "LinuxIO", "UserspaceIPsec",
            ],
            path: "Tests/UserspaceSelftest", swiftSettings: settings),
        .target(
            name: "PlainESP", path: "Tests/Bench/PlainESP",
            linkerSettings: [.linkedLibrary("crypto")]),
        .target(
            name: "AllocationCount", path: "Tests/Bench/AllocationCount",
            linkerSettings: [.linkedLibrary("crypto")]),
        .executableTarget(
            name: "packet-bench",
            dependencies: [
                "AllocationCount", "PlainESP", "Algorithms", "ControlProtocol", "Cryptography", "ESP",
                "IPsec", "KeyMaterial", "LinuxIO", "UserspaceIPsec",
            ],
            path: "Tests/Bench/PacketBench", swiftSettings: settings),
        .executableTarget(
            name: "handshake-bench",
            dependencies: [
                "Algorithms", "ControlProtocol", "Credentials", "Cryptography", "IKEv1", "IKEv2", "IPsec",
                "KeyMaterial", "LinuxIO", "Negotiation",
            ],
            path: "Tests/Bench/HandshakeBench", swiftSettings: settings),
        .executableTarget(
            name: "esp-matrix",
            dependencies: ["Algorithms", "Cryptography", "ESP", "IPsec", "KeyMaterial", "TestSupport"],
            path: "Tests/ESPMatrix", swiftSettings: settings),
        tests("Wire", []),
        tests("Calendar", []),
        tests("HTTPExchange", []),
        tests("ASN1", ["Calendar"]),
        tests("Algorithms", []),
        tests("KeyMaterial", []),
        tests("LinuxIO", ["IPsec", "KeyMaterial"]),
        tests("IPsec", ["KeyMaterial", "Algorithms"]),
        tests("Cryptography", ["ASN1", "Algorithms", "KeyMaterial"], exclude: ["Vectors"]),
        tests("KeyAgreement", ["Algorithms", "Cryptography", "KeyMaterial"], exclude: ["Vectors"]),
        tests("Compression", [], exclude: ["Vectors"]),
        tests("ISAKMP", ["Wire"]),
        tests("CaptureFile", []),
        tests("Netlink", ["Wire", "KeyMaterial"]),
        tests(
            "Credentials",
            [
                "ASN1", "Algorithms", "Calendar", "CertificateAuthority", "Cryptography", "IPsec",
                "KeyMaterial",
            ], exclude: ["Vectors"]),
        tests(
            "CertificateAuthority",
            ["ASN1", "Algorithms", "Calendar", "Credentials", "Cryptography", "IPsec", "KeyMaterial"]),
        tests(
            "ESP", ["SADText", "Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Compression"],
            exclude: ["Vectors"]),
        tests("SourceText", []),
        tests("ProgramFormat", []),
        tests("PFKey", ["Wire", "IPsec", "Algorithms", "KeyMaterial"], exclude: ["Vectors"]),
        tests("PFKeyLaunch", ["CLinux", "LinuxIO", "ProgramFormat"]),
        tests("PFKeySocket", ["Algorithms", "IPsec", "KeyMaterial", "LinuxIO", "PFKey"]),
        tests(
            "PFKeyKernel", ["IPsec", "KeyMaterial", "LinuxIO", "Netlink", "PFKey", "PFKeySocket", "XFRM"]),
        tests("SetkeyScript", ["IPsec", "Algorithms", "KeyMaterial", "SourceText"], exclude: ["Vectors"]),
        tests(
            "SADText", ["IPsec", "Algorithms", "KeyMaterial", "SetkeyScript", "SourceText"],
            exclude: ["Vectors"]),
        tests("XFRM", ["Wire", "Netlink", "IPsec", "Algorithms", "KeyMaterial"], exclude: ["Vectors"]),
        tests(
            "Negotiation",
            ["Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Credentials", "SourceText"]),
        tests("InnerAddresses", ["IPsec", "LinuxIO", "Netlink"]),
        tests("UserspaceIPsec", ["ESP", "IPsec", "Algorithms", "KeyMaterial", "LinuxIO"]),
        tests(
            "IKEv1",
            [
                "Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Credentials", "ISAKMP",
                "Negotiation",
            ]),
        tests(
            "IKEv2",
            [
                "Wire", "Algorithms", "KeyMaterial", "IPsec", "Cryptography", "Credentials", "ISAKMP",
                "Negotiation",
            ]),
        tests(
            "IKEConfiguration",
            [
                "Algorithms", "KeyMaterial", "IPsec", "Credentials", "Negotiation", "SetkeyScript",
                "SourceText",
            ]),
        tests("ControlProtocol", ["Calendar"]),
        tests(
            "PacketAudit",
            [
                "Algorithms", "CaptureFile", "ControlProtocol", "Cryptography", "ESP", "IPsec", "KeyMaterial",
                "SADText", "SetkeyScript", "SourceText",
            ]),
        tests(
            "KeyAdministration",
            ["Algorithms", "KeyMaterial", "IPsec", "PFKey", "SetkeyScript", "SourceText", "ControlProtocol"],
            exclude: ["Vectors"]),
        tests(
            "IKEDaemon",
            [
                "ASN1", "Algorithms", "Calendar", "CertificateAuthority", "Credentials", "Cryptography",
                "HTTPExchange", "KeyMaterial", "IPsec", "Negotiation", "ControlProtocol", "LinuxIO",
            ] + nio),
    ]
)
