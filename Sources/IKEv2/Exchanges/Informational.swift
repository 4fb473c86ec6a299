import IPsec
import ISAKMP
import Negotiation
import Wire

/// INFORMATIONAL exchanges: deletions, questions after the peer's life, errors (RFC 7296 section 1.4).
extension IKESA {
    /// Takes a request to delete SAs, to be told of an error, or only to show that we live.
    ///
    ///  HDR, SK {[N,] [D,] …}  -->
    mutating func receiveInformational(_ message: Message, _ turn: inout Turn) {
        let deletes = message.payloads.compactMap { payload in
            if case .delete(let delete) = payload { delete } else { nil }
        }
        if deletes.contains(.ikeSA) {
            respond(.informationalIKEv2, [], &turn)
            // The peer finished its exchange for a successor before it saw ours: that one inherits.
            if let rival = established?.rival {
                bequeath(to: rival.spi, &turn)
                turn.outcomes.append(.replaced)
            } else if let standing = established?.standing, standing != .current {
                end(.cancelled(standing.end), &turn, sentence: standing.end)
            } else {
                end(.peerDeclined(.deleted), &turn, sentence: "the peer deleted it")
            }
            return
        }
        if let refusal = message.notification(.authenticationFailed) {
            // An initiator that does not believe us says so once we are established (RFC 7296 section 2.21.2).
            respond(.informationalIKEv2, [], &turn)
            end(
                refusal.refusal, &turn,
                sentence: "the peer does not believe who we are (AUTHENTICATION_FAILED)")
            return
        }
        noteWindow(message)
        var answered: [ChildIdentifier] = []
        for case .children(let kind, let spis) in deletes {
            for spi in spis {
                if let own = peerDeleted(kind, spi, &turn) { answered.append(own) }
            }
        }
        respond(.informationalIKEv2, DeletePayload.deletions(of: answered), &turn)
        work(&turn)
    }

    /// How many of our requests the peer takes at once (RFC 7296 section 2.3).
    mutating func noteWindow(_ message: Message) {
        guard let size = message.notification(.setWindowSize).flatMap({ UInt32(octets: $0.data) }) else {
            return
        }
        window.setPeerSize(size)
    }

    /// The peer is done with a child, named by its own inbound SPI; ours to be named in the answer, if it is.
    private mutating func peerDeleted(
        _ kind: SecurityProtocol, _ peerSPI: SPI, _ turn: inout Turn
    ) -> ChildIdentifier? {
        let child = established?.children.values.first {
            $0.peerSPI == peerSPI && $0.outbound.id.protocol == kind
        }
        guard let child else { return installationEnded(kind, peerSPI, &turn) }
        switch child.phase {
        case .closing:
            // Our own delete of it is on its way, and answered for itself (RFC 7296 section 2.25.1).
            removeChild(child.spi, "both sides deleted it", &turn)
            return nil
        case .lingering: return nil
        case .replaced(let successor):
            startSending(successor, &turn)
            linger(child.spi, &turn)
            return child.identifier
        case .mature:
            removeChild(child.spi, "the peer deleted it", &turn)
            return child.identifier
        }
    }

    /// The peer is done with a child whose inbound SAs are on their way into the database.
    private mutating func installationEnded(
        _ kind: SecurityProtocol, _ peerSPI: SPI, _ turn: inout Turn
    ) -> ChildIdentifier? {
        let ended = established?.installing.first { _, installation in
            let outbound = installation.child.outbound.id
            return installation.step == .inbound && outbound.protocol == kind && outbound.spi == peerSPI
        }
        guard let (token, installation) = ended else { return nil }
        updateEstablished { $0.endInstallation(token) }
        discard(installation.child, installation.child.startedInbounds, &turn)
        turn.outcomes.append(.childFailed(installation.child.request, .peerDeclined(.deleted)))
        return installation.child.identifier
    }

    /// Nothing goes out through a child any more; what is under way may still come in.
    private mutating func linger(_ spi: SPI, _ turn: inout Turn) {
        stopSending(spi, &turn)
        updateEstablished { $0.children[spi]?.phase = .lingering }
        deadlines[.rekeyChild(spi)] = nil
        deadlines[.expireChild(spi)] = nil
        deadlines[.removeInbound(spi)] = turn.now + ProtocolLimits.lingering
    }

    /// Tells the peer that child SAs end.
    ///
    ///  HDR, SK {D}  -->
    ///
    /// - Parameter identifiers: some may be of pairs that never came to be.
    mutating func startDelete(ofChildren identifiers: [ChildIdentifier], _ turn: inout Turn) {
        for spi in identifiers.map(\.spi) {
            guard let child = established?.children[spi] else { continue }
            guard child.phase == .mature || child.isReplaced else { continue }
            updateEstablished { $0.children[spi]?.phase = .closing }
            deadlines[.rekeyChild(spi)] = nil
            if hasSuccessor(child) { stopSending(spi, &turn) }
        }
        request(
            .deleteChildren(identifiers), .informationalIKEv2, DeletePayload.deletions(of: identifiers), &turn
        )
    }

    /// Tells the peer that this SA is over, and awaits the answer.
    ///
    /// HDR, SK {D}  -->
    mutating func startSelfDelete(_ turn: inout Turn) {
        request(.deleteSelf, .informationalIKEv2, [.delete(.ikeSA)], &turn)
    }

    private func hasSuccessor(_ child: ChildSA) -> Bool {
        established?.children.values.contains {
            $0.spi != child.spi && $0.sends && $0.request.requestID == child.request.requestID
                && $0.phase == .mature
        } ?? false
    }

    /// Ends the child SAs whose deletion the peer has confirmed.
    ///
    ///  <--  HDR, SK {D}
    mutating func receiveDeleteAnswer(_ identifiers: [ChildIdentifier], _ turn: inout Turn) {
        for spi in identifiers.map(\.spi) {
            guard let child = established?.children[spi], child.phase == .closing else { continue }
            if hasSuccessor(child) {
                linger(spi, &turn)
            } else {
                removeChild(spi, "deleted", &turn)
            }
        }
        work(&turn)
    }

    /// The peer is asked whether it lives, where nothing came for a while.
    mutating func probe(_ turn: inout Turn) {
        guard let sa = established, let delay = peer.deadPeerDetection.delay else { return }
        let due = sa.heard + delay
        if due > turn.now {
            deadlines[.probe] = due
            return
        }
        deadlines[.probe] = turn.now + delay
        if window.outstanding.isEmpty { enqueue(.probe, &turn) }
    }

    mutating func keepAlive(_ turn: inout Turn) {
        guard secured?.nat.isLocalBehindNAT == true, let interval = turn.policy.timers.natKeepalive else {
            return
        }
        turn.effects.append(.sendKeepalive(path))
        deadlines[.keepalive] = turn.now + interval
    }
}

extension DeletePayload {
    /// The payloads that tell of child SAs which end: one for each protocol.
    fileprivate static func deletions(of children: [ChildIdentifier]) -> [Payload] {
        [SecurityProtocol.esp, .ah].compactMap { kind in
            let spis = children.filter { $0.kind == kind }.map(\.spi)
            return spis.isEmpty ? nil : .delete(.children(kind, spis))
        }
    }
}
