/// The extensions that Linux knows (`linux/pfkeyv2.h`), and one of our own.
package enum SADBExtensionType: UInt16, Hashable, Sendable, CaseIterable {
    case association = 1
    case lifetimeCurrent = 2
    case lifetimeHard = 3
    case lifetimeSoft = 4
    case addressSource = 5
    case addressDestination = 6
    case addressProxy = 7
    case keyAuthentication = 8
    case keyEncryption = 9
    case identitySource = 10
    case identityDestination = 11
    case sensitivity = 12
    case proposal = 13
    case supportedAuthentication = 14
    case supportedEncryption = 15
    case spiRange = 16
    case privateToKeyManager = 17
    case policy = 18
    case association2 = 19
    case natTraversalType = 20
    case natTraversalSourcePort = 21
    case natTraversalDestinationPort = 22
    case natTraversalOriginalAddress = 23
    case securityContext = 24
    case keyManagerAddress = 25
    case filter = 26
    /// Ours: a sentence that says why a request was refused.
    ///
    /// Others skip what they do not know.
    case explanation = 0xf001

    /// `SADB_EXT_SA`, as in the header file.
    package var name: String {
        switch self {
        case .association: "SADB_EXT_SA"
        case .lifetimeCurrent: "SADB_EXT_LIFETIME_CURRENT"
        case .lifetimeHard: "SADB_EXT_LIFETIME_HARD"
        case .lifetimeSoft: "SADB_EXT_LIFETIME_SOFT"
        case .addressSource: "SADB_EXT_ADDRESS_SRC"
        case .addressDestination: "SADB_EXT_ADDRESS_DST"
        case .addressProxy: "SADB_EXT_ADDRESS_PROXY"
        case .keyAuthentication: "SADB_EXT_KEY_AUTH"
        case .keyEncryption: "SADB_EXT_KEY_ENCRYPT"
        case .identitySource: "SADB_EXT_IDENTITY_SRC"
        case .identityDestination: "SADB_EXT_IDENTITY_DST"
        case .sensitivity: "SADB_EXT_SENSITIVITY"
        case .proposal: "SADB_EXT_PROPOSAL"
        case .supportedAuthentication: "SADB_EXT_SUPPORTED_AUTH"
        case .supportedEncryption: "SADB_EXT_SUPPORTED_ENCRYPT"
        case .spiRange: "SADB_EXT_SPIRANGE"
        case .privateToKeyManager: "SADB_X_EXT_KMPRIVATE"
        case .policy: "SADB_X_EXT_POLICY"
        case .association2: "SADB_X_EXT_SA2"
        case .natTraversalType: "SADB_X_EXT_NAT_T_TYPE"
        case .natTraversalSourcePort: "SADB_X_EXT_NAT_T_SPORT"
        case .natTraversalDestinationPort: "SADB_X_EXT_NAT_T_DPORT"
        case .natTraversalOriginalAddress: "SADB_X_EXT_NAT_T_OA"
        case .securityContext: "SADB_X_EXT_SEC_CTX"
        case .keyManagerAddress: "SADB_X_EXT_KMADDRESS"
        case .filter: "SADB_X_EXT_FILTER"
        case .explanation: "explanation"
        }
    }
}
