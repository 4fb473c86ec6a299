package import IPsec
package import SourceText

/// A statement of a setkey file, as written: names are not looked up, nothing is asked of a database yet.
package struct Statement: Sendable {
    /// What is asked for.
    package enum Kind: Sendable {
        indirect case addAssociation(AssociationStatement)
        /// Our own word: what `add` states, for an SA that is there.
        indirect case updateAssociation(AssociationStatement)
        indirect case getAssociation(AssociationStatement)
        /// `getspi`: an SPI of 0 leaves the choice to the database.
        indirect case allocateSPI(AssociationStatement)
        indirect case deleteAssociation(AssociationStatement)
        /// `deleteall`: every SA between two addresses.
        indirect case deleteAllAssociations(AssociationGroup)
        case flushAssociations(AssociationProtocol)
        case dumpAssociations(AssociationProtocol)
        case addPolicy(PolicyStatement)
        case updatePolicy(PolicyStatement)
        /// The policy's direction counts; what it does need not be stated.
        case deletePolicy(PolicySubject, PolicyDirection)
        case flushPolicies
        case dumpPolicies
        /// `exit`, `quit` or `bye`: nothing behind it counts.
        case exit
    }

    package var kind: Kind
    /// The keyword.
    package var location: SourceLocation

    package init(_ kind: Kind, at location: SourceLocation) {
        self.kind = kind
        self.location = location
    }

    /// The preferred keyword, such as `spdadd`.
    package var keyword: String {
        switch kind {
        case .addAssociation: "add"
        case .updateAssociation: "update"
        case .getAssociation: "get"
        case .allocateSPI: "getspi"
        case .deleteAssociation: "delete"
        case .deleteAllAssociations: "deleteall"
        case .flushAssociations: "flush"
        case .dumpAssociations: "dump"
        case .addPolicy: "spdadd"
        case .updatePolicy: "spdupdate"
        case .deletePolicy: "spddelete"
        case .flushPolicies: "spdflush"
        case .dumpPolicies: "spddump"
        case .exit: "exit"
        }
    }
}
