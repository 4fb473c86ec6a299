package import IPsec
import Synchronization

/// A data plane that keeps policies and SAs in mind and protects nothing: for load tests and trials.
package final class NullDataPlane: DataPlane {
    private struct Databases {
        var associations: Set<SecurityAssociationID> = []
        var policies: [SecurityPolicyID: SecurityPolicy] = [:]
    }

    private let databases = Mutex(Databases())

    package init() {}

    package var summary: String { "null: negotiates, installs nothing and protects nothing" }

    package var hasNamedDevices: Bool { true }

    package func observe(_ observer: @escaping @Sendable (DatabaseNotification) -> Void) {}

    package func prepare(socket descriptor: Int32, family: AddressFamily, purpose: IKESocketPurpose) {}

    package func shutDown() {}

    // MARK: SAD

    package func add(_ association: SecurityAssociation, completion: @escaping DatabaseCompletion<Void>) {
        let isNew = databases.withLock { $0.associations.insert(association.id).inserted }
        completion(isNew ? .success(()) : .failure(Self.exists("\(association.id)")))
    }

    package func updateEncapsulation(
        of association: SecurityAssociation, to encapsulation: UDPEncapsulation,
        completion: @escaping DatabaseCompletion<Void>
    ) {
        let isKnown = databases.withLock { $0.associations.contains(association.id) }
        completion(isKnown ? .success(()) : .failure(Self.missing("\(association.id)")))
    }

    package func delete(_ id: SecurityAssociationID, completion: @escaping DatabaseCompletion<Void>) {
        let wasKnown = databases.withLock { $0.associations.remove(id) != nil }
        completion(wasKnown ? .success(()) : .failure(Self.missing("\(id)")))
    }

    package func usage(
        of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SecurityAssociationUsage>
    ) {
        let isKnown = databases.withLock { $0.associations.contains(id) }
        completion(isKnown ? .success(SecurityAssociationUsage()) : .failure(Self.missing("\(id)")))
    }

    package func record(of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SADRecord>) {
        completion(.failure(DatabaseFailure(.unsupported, "Nothing is known of \(id) without a data plane.")))
    }

    // MARK: SPD

    package func set(_ policy: SecurityPolicy, completion: @escaping DatabaseCompletion<Void>) {
        databases.withLock { $0.policies[policy.id] = policy }
        completion(.success(()))
    }

    package func delete(_ id: SecurityPolicyID, completion: @escaping DatabaseCompletion<Void>) {
        let wasKnown = databases.withLock { $0.policies.removeValue(forKey: id) != nil }
        completion(wasKnown ? .success(()) : .failure(Self.missing("the policy for \(id.selector)")))
    }

    package func policies(completion: @escaping DatabaseCompletion<[SecurityPolicy]>) {
        completion(.success(databases.withLock { Array($0.policies.values) }))
    }

    private static func exists(_ what: String) -> DatabaseFailure {
        DatabaseFailure(.alreadyExists, "\(what) is there already")
    }

    private static func missing(_ what: String) -> DatabaseFailure {
        DatabaseFailure(.notFound, "there is no \(what)")
    }
}
