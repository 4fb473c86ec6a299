import IPsec
import Negotiation

/// What one IKE SA leaves to another.
extension IKEv2Endpoint {
    /// Takes in an SA that another one's exchange has made.
    mutating func admit(_ successor: IKESA) {
        var successor = successor
        successor.id = newID()
        successor.sharePeer(among: &followed)
        successor.deadlines[.expire] = turn.now + ProtocolLimits.supersededLife
        bySPI[successor.ownSPI] = successor.id
        associations[successor.id] = successor
        update(successor.id) { $0.work(&$1) }
    }

    /// Gives what an SA has to the one with this SPI of ours.
    mutating func bequeath(from old: IKESAID, to heir: UInt64) {
        guard let heir = bySPI[heir], var predecessor = associations[old],
            let estate = predecessor.takeEstate()
        else { return }
        associations[old] = predecessor
        update(heir) { $0.inherit(estate, &$1) }
    }

    /// Starts an SA from scratch that is to have the children of one that is there.
    mutating func reauthenticate(_ old: IKESA) {
        let peer = policy.peer(named: old.peer.name) ?? old.peer
        do throws(NegotiationFailure) {
            var association = try IKESA.initiate(
                newID(), to: peer, over: old.path, isFirstContact: false, &turn)
            association.replaces = old.id
            association.formerAddresses = old.established?.received?.addresses ?? []
            association.tasks = old.currentRequests.map { .createChild($0) }
            bySPI[association.ownSPI] = association.id
            associations[association.id] = association
            settle(association.id)
        } catch {
            turn.report(.warning, .progress, old.subject, "not authenticated anew: \(error.sentence)")
            retryReauthentication(of: old.id)
        }
    }

    /// The new SA came to nothing: the old one tries again while it lives.
    mutating func retryReauthentication(of old: IKESAID) {
        update(old) { $0.deadlines[.rekeySelf] = $1.now + ProtocolLimits.renewalRetry }
    }

    /// Ends the SA that another one was to replace, once it does.
    mutating func endReplaced(by association: IKESA) {
        guard let old = association.replaces, association.isSettled else { return }
        associations[association.id]?.replaces = nil
        update(old) { $0.close("authenticated anew", &$1) }
    }
}

extension IKESA {
    /// What to ask for to have the children that there are once more.
    fileprivate var currentRequests: [ChildRequest] {
        let children = established?.children.values.filter { $0.phase == .mature } ?? []
        return children.sorted { $0.established < $1.established }.map { child in
            var request = child.request
            request.acquireSequence = 0
            request.path = path
            return request
        }
    }

    /// Whether everything that was asked of it is there.
    fileprivate var isSettled: Bool {
        guard let sa = established else { return false }
        return tasks.isEmpty && sa.postponed.isEmpty && sa.installing.isEmpty && window.outstanding.isEmpty
    }
}
