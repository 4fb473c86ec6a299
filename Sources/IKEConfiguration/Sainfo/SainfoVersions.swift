import Algorithms
import Negotiation
import SourceText

/// What sainfos say of one IKE version and not of the other; which ones are spoken, the remotes say.
extension Document {
    var hasVersion1: Bool { remotes.contains(where: \.isForVersion1) }
    var hasVersion2: Bool { remotes.contains { $0.policy.exchangeModes.contains(.ikev2) } }

    func checkSainfos(_ session: Session) {
        // Of a remote with errors nobody knows what it would have been for.
        guard remotes.allSatisfy(\.isComplete) else { return }
        for sainfo in sainfos where sainfo.isComplete && !sainfo.isForGroup {
            if let compression = sainfo.compression, hasVersion1 || !hasVersion2 {
                session.report(
                    compression.location.notice(
                        "'compression_algorithm' accepted, not in effect yet in IKEv1"))
            }
            if !hasVersion2 {
                refuseVersion2Words(of: sainfo, session)
            } else {
                warnOfMissingAlgorithms(in: sainfo, session)
            }
            if hasVersion1 || !hasVersion2 {
                requireCipher(in: sainfo, session)
            } else if !sainfo.suites.isEmpty, !sainfo.encryption.isEmpty || sainfo.pfsGroup != nil {
                session.report(
                    sainfo.location.warning(
                        "'proposals' says all that is offered: the other algorithms here are not used"))
            }
        }
    }

    private func refuseVersion2Words(of sainfo: SainfoDraft, _ session: Session) {
        for word in sainfo.statedVersion2Words {
            session.report(
                word.location.error(
                    "'\(word.text)' is for IKEv2, and no remote's exchange_mode has 'ikev2'"))
        }
    }

    private func requireCipher(in sainfo: SainfoDraft, _ session: Session) {
        guard sainfo.encryption.isEmpty else { return }
        let remote = hasVersion2 ? remotes.first(where: \.isForVersion1) : nil
        let reason = remote.map { ", which IKEv1 with remote '\($0.policy.name)' needs" } ?? ""
        session.report(sainfo.location.error("this sainfo has no encryption_algorithm\(reason)"))
    }

    private func warnOfMissingAlgorithms(in sainfo: SainfoDraft, _ session: Session) {
        guard sainfo.suites.isEmpty else { return }
        let names =
            sainfo.encryption.filter { $0.algorithm.ikev2 == nil }.map(\.description)
            + sainfo.integrity.filter { $0.ikev2 == nil }.map(\.name)
        guard !names.isEmpty else { return }
        session.report(
            sainfo.location.warning("IKEv2 does not have \(names.joined(separator: ", ")): not offered there")
        )
    }
}
