import Credentials
import IPsec
package import Negotiation
import Synchronization

/// Knows when the scripts of `remote` blocks are to be run: not with each IKE SA, of which renewing makes more, but with the
/// first and after the last.
///
/// The same for all shards.
package final class PeerScripts: Sendable {
    /// A script that is to be run now.
    package struct Call: Hashable, Sendable {
        package var script: PeerScript
        package var peer: String
        /// `NAME=value` each.
        package var environment: [String]
    }

    fileprivate struct Place: Hashable {
        var peer: String
        var address: IPAddress
    }

    fileprivate struct Contact: Hashable {
        var place: Place
        var identity: Identity?
    }

    fileprivate struct Standing {
        /// SPIs of ours.
        var associations: Set<UInt64> = []
        var isAnnounced = false
        var path: Path
    }

    fileprivate struct Plan: Hashable {
        var scripts: [PeerScript]
        /// Whether it is up only once the peer has given us addresses.
        var awaitsConfiguration: Bool
    }

    fileprivate struct State {
        var plans: [String: Plan] = [:]
        var contacts: [Contact: Standing] = [:]
        var owners: [UInt64: Contact] = [:]
        var configurations: [Place: AssignedConfiguration] = [:]
    }

    private let state = Mutex(State())
    private let run: @Sendable (Call) -> Void

    /// - Parameter run: is called from any thread, and does not wait.
    package init(run: @escaping @Sendable (Call) -> Void) {
        self.run = run
    }

    /// What the configuration says from now on.
    package func adopt(_ policy: NegotiationPolicy) {
        let plans = policy.peers.filter { !$0.scripts.isEmpty }
            .map { ($0.name, Plan(scripts: $0.scripts, awaitsConfiguration: $0.requestsConfiguration)) }
        state.withLock { $0.plans = Dictionary(plans, uniquingKeysWith: { first, _ in first }) }
    }

    package func noted(_ report: Report) {
        guard let peer = report.subject.peer else { return }
        let place = Place(peer: peer, address: report.subject.path.remote.address)
        switch report.kind {
        case .ikeEstablished: perform { $0.established(report, at: place) }
        case .ikeGone: perform { $0.gone(report) }
        case .negotiationFailed:
            guard report.failure?.isSilence == true else { return }
            perform { $0.unanswered(report, at: place) }
        case .progress, .childEstablished, .childRekeyed, .childGone, .dropped: break
        }
    }

    func applied(_ configuration: AssignedConfiguration, peer: String, _ path: Path) {
        let place = Place(peer: peer, address: path.remote.address)
        perform { $0.applied(configuration, at: place) }
    }

    private func perform(_ change: (inout State) -> [Call]) {
        for call in state.withLock({ change(&$0) }) { run(call) }
    }
}

extension PeerScripts.State {
    fileprivate mutating func established(
        _ report: Report, at place: PeerScripts.Place
    ) -> [PeerScripts.Call] {
        guard let plan = plans[place.peer], let spi = report.subject.ikeSA else { return [] }
        let contact = PeerScripts.Contact(place: place, identity: report.identity)
        owners[spi] = contact
        contacts[contact, default: PeerScripts.Standing(path: report.subject.path)].associations.insert(spi)
        guard !plan.awaitsConfiguration || configurations[place] != nil else { return [] }
        return announce(contact)
    }

    fileprivate mutating func applied(
        _ configuration: AssignedConfiguration, at place: PeerScripts.Place
    ) -> [PeerScripts.Call] {
        guard plans[place.peer] != nil else { return [] }
        configurations[place] = configuration
        return contacts.keys.filter { $0.place == place }.flatMap { announce($0) }
    }

    fileprivate mutating func gone(_ report: Report) -> [PeerScripts.Call] {
        guard let spi = report.subject.ikeSA, let contact = owners.removeValue(forKey: spi) else { return [] }
        contacts[contact]?.associations.remove(spi)
        guard let standing = contacts[contact], standing.associations.isEmpty else { return [] }
        contacts[contact] = nil
        let isDead = report.failure?.isSilence == true
        let calls =
            standing.isAnnounced ? calls(isDead ? .dead : .down, contact, report.subject.path) : []
        if !contacts.keys.contains(where: { $0.place == contact.place }) {
            configurations[contact.place] = nil
        }
        return calls
    }

    /// Nothing came about; where there still is an IKE SA, the peer is not dead yet.
    fileprivate func unanswered(_ report: Report, at place: PeerScripts.Place) -> [PeerScripts.Call] {
        guard plans[place.peer] != nil, !contacts.keys.contains(where: { $0.place == place }) else {
            return []
        }
        return calls(.dead, PeerScripts.Contact(place: place), report.subject.path)
    }

    private mutating func announce(_ contact: PeerScripts.Contact) -> [PeerScripts.Call] {
        guard let standing = contacts[contact], !standing.isAnnounced else { return [] }
        contacts[contact]?.isAnnounced = true
        return calls(.up, contact, standing.path)
    }

    private func calls(
        _ occasion: ScriptOccasion, _ contact: PeerScripts.Contact, _ path: Path
    ) -> [PeerScripts.Call] {
        let scripts = plans[contact.place.peer]?.scripts.filter { $0.occasion == occasion } ?? []
        guard !scripts.isEmpty else { return [] }
        let environment = ScriptEnvironment(
            path: path, identity: contact.identity, configuration: configurations[contact.place])
        return scripts.map {
            PeerScripts.Call(script: $0, peer: contact.place.peer, environment: environment.variables)
        }
    }
}
