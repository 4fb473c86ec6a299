import Credentials
import Cryptography
import KeyMaterial

/// One round of reading what a configuration names.
struct CredentialLoad {
    private let plan: CredentialPlan
    private(set) var files: LoadedFiles
    private(set) var store: CredentialStore
    private(set) var entries: [CredentialEntry] = []
    /// Of the folder of CRLs, with their files.
    private(set) var lists: [(list: RevocationList, file: String)] = []
    /// Folders whose changes matter.
    private(set) var folders: Set<String> = []
    private var roots: [(Certificate, file: String)] = []

    /// - Parameter files: of the round before.
    init(_ plan: CredentialPlan, _ files: LoadedFiles) {
        self.plan = plan
        self.files = files
        store = CredentialStore(folder: plan.certificates)
        let peers = plan.peers.filter { $0.value.expectsSignature }
        self.files.begin()
        if !peers.isEmpty {
            readFolder(
                users: peers.filter { $0.value.authorities.isEmpty && $0.value.pinned == nil }.keys.sorted())
            readLists()
            for (name, peer) in peers.sorted(by: { $0.key < $1.key }) { store.peers[name] = read(peer, name) }
        }
        self.files.finish()
    }

    var problems: [String] { files.problems }

    private mutating func readFolder(users: [String]) {
        folders.formUnion([plan.certificates, plan.privateKeys, plan.revocationLists])
        for name in files.names(in: plan.certificates) where Self.isCertificateName(name) {
            let path = joined(plan.certificates, name)
            guard let found = try? files.certificates(amongOthers: path) else { continue }
            for certificate in found { place(certificate, path, users) }
        }
        entries += roots.map { certificate, file in
            CredentialEntry(
                role: .authority, file: file, certificate: certificate,
                key: try? certificate.publicKey.get().kind, users: users)
        }
    }

    /// Keys, requests and notes may be in the folder as well; what is called a key is not even read.
    private static func isCertificateName(_ name: String) -> Bool {
        let suffixes = [".pem", ".crt", ".cer", ".der", ".0", ".1"]
        return suffixes.contains { name.hasSuffix($0) && !name.dropLast($0.count).hasSuffix("key") }
    }

    private mutating func place(_ certificate: Certificate, _ file: String, _ users: [String]) {
        guard certificate.isAuthority else {
            store.others.append(certificate)
            return
        }
        if certificate.isSelfIssued {
            if !roots.contains(where: { $0.0 == certificate }) { roots.append((certificate, file)) }
        } else if !store.others.contains(certificate) {
            store.others.append(certificate)
            entries.append(
                CredentialEntry(
                    role: .intermediate, file: file, certificate: certificate,
                    key: try? certificate.publicKey.get().kind, users: users))
        }
    }

    private mutating func readLists() {
        for name in files.names(in: plan.revocationLists) {
            let path = joined(plan.revocationLists, name)
            guard let list = try? files.list(path) else { continue }
            lists.append((list, path))
        }
    }

    // MARK: one remote

    private mutating func read(_ plan: PeerCredentialPlan, _ name: String) -> CredentialStore.Peer {
        var peer = CredentialStore.Peer(plan: plan)
        peer.authorities = plan.authorities.isEmpty ? roots.map(\.0) : authorities(plan, name)
        let anchors = peer.authorities + roots.map(\.0)
        if let own = plan.own {
            let first = PeerCredentialPlan.Alternative(own, passphrase: plan.passphrase)
            peer.own = result { (load) throws(LoadedFiles.Unusable) in try load.own(first, anchors, name) }
        }
        for alternative in plan.alternatives {
            let loaded = result { (load) throws(LoadedFiles.Unusable) in
                try load.own(alternative, anchors, name)
            }
            if case .success(let own) = loaded { peer.alternatives.append(own) }
        }
        if let pinned = plan.pinned {
            peer.pinned = result { (load) throws(LoadedFiles.Unusable) in try load.pinned(pinned, name) }
        }
        return peer
    }

    private mutating func result<Content>(
        _ body: (inout CredentialLoad) throws(LoadedFiles.Unusable) -> Content
    ) -> Result<Content, CredentialRefusal> {
        do throws(LoadedFiles.Unusable) {
            return .success(try body(&self))
        } catch {
            files.note(error.sentence)
            return .failure(.file(error.sentence))
        }
    }

    private mutating func authorities(_ plan: PeerCredentialPlan, _ name: String) -> [Certificate] {
        var trusted: [Certificate] = []
        for file in plan.authorities {
            let path = certificatePath(file)
            guard let found = try? files.certificates(path) else { continue }
            for certificate in found {
                trusted.append(certificate)
                note(.authority, path, certificate, nil, name)
                if !certificate.isAuthority {
                    files.note("\(path): \"\(certificate.title)\" is no CA certificate, and issues nothing")
                }
            }
        }
        return trusted
    }

    private mutating func own(
        _ own: PeerCredentialPlan.Alternative, _ anchors: [Certificate], _ name: String
    ) throws(LoadedFiles.Unusable) -> CredentialStore.Own {
        var passphrase: SecretKey?
        if let file = own.passphrase { passphrase = try files.passphrase(keyPath(file)) }
        switch own.own {
        case .certificate(let file, let key):
            let keyFile = keyPath(key)
            let apart = joined(plan.privateKeys, key)
            let loaded = try files.privateKey(
                keyFile, passphrase: passphrase, missing: keyFile == apart ? nil : apart)
            let certificates = try files.certificates(certificatePath(file))
            return try paired(loaded.key, certificates, anchors, certificatePath(file), keyFile, name)
        case .bundle(let file):
            let path = keyPath(file)
            let bundle = try files.privateKey(path, passphrase: passphrase)
            return try paired(bundle.key, bundle.certificates, anchors, path, path, name)
        case .rawKey(let file, let kind):
            let path = keyPath(file)
            let key = try files.privateKey(path, passphrase: passphrase).key
            try Self.require(kind, key.kind, path)
            note(.own, path, nil, key.kind, name)
            return CredentialStore.Own(key: key, proof: .rawKey, file: path)
        }
    }

    private mutating func paired(
        _ key: PrivateKey, _ certificates: [Certificate], _ anchors: [Certificate], _ file: String,
        _ keyFile: String, _ name: String
    ) throws(LoadedFiles.Unusable) -> CredentialStore.Own {
        guard
            let certificate = certificates.first(where: {
                $0.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo
            })
        else {
            throw LoadedFiles.Unusable(
                sentence:
                    "\(file): no certificate in it belongs to the key in \(keyFile); name the two that were made "
                    + "together")
        }
        note(.own, file, certificate, key.kind, name)
        let path = CredentialStore.path(from: certificate, among: certificates + store.others)
        return CredentialStore.Own(
            key: key, proof: .certificates(path), file: keyFile, anchors: anchors + certificates)
    }

    private mutating func pinned(
        _ pinned: PeerCredentialPlan.Pinned, _ name: String
    ) throws(LoadedFiles.Unusable) -> CredentialStore.Pinned {
        switch pinned {
        case .certificate(let file):
            let path = certificatePath(file)
            guard let certificate = try files.certificates(path).first else {
                throw LoadedFiles.Unusable(sentence: "\(path): holds no certificate")
            }
            note(.peer, path, certificate, try? certificate.publicKey.get().kind, name)
            return .certificate(certificate, file: path)
        case .rawKey(let file, let kind):
            let path = certificatePath(file)
            let key = try files.publicKey(path)
            try Self.require(kind, key.kind, path)
            note(.peer, path, nil, key.kind, name)
            return .rawKey(key, file: path)
        }
    }

    private static func require(
        _ wanted: PeerCredentialPlan.RawKeyKind, _ found: KeyKind, _ path: String
    ) throws(LoadedFiles.Unusable) {
        guard wanted == .rsa else { return }
        if case .rsa = found { return }
        throw LoadedFiles.Unusable(
            sentence: "\(path): found a key of the kind \(found) where plain_rsa takes RSA; write raw instead"
        )
    }

    private mutating func note(
        _ role: CredentialEntry.Role, _ file: String, _ certificate: Certificate?, _ key: KeyKind?,
        _ user: String
    ) {
        if let known = entries.firstIndex(where: {
            $0.role == role && $0.file == file && $0.certificate == certificate
        }) {
            if !entries[known].users.contains(user) { entries[known].users.append(user) }
            return
        }
        let kind = key ?? certificate.flatMap { try? $0.publicKey.get().kind }
        entries.append(
            CredentialEntry(role: role, file: file, certificate: certificate, key: kind, users: [user]))
    }

    // MARK: paths

    private mutating func certificatePath(_ name: String) -> String {
        let path = joined(plan.certificates, name)
        watch(path)
        return path
    }

    /// In the folder of keys, or beside the certificates as racoon has it.
    private mutating func keyPath(_ name: String) -> String {
        let apart = joined(plan.privateKeys, name)
        let path = files.exists(apart) ? apart : joined(plan.certificates, name)
        watch(path)
        return path
    }

    private mutating func watch(_ path: String) {
        if let slash = path.lastIndex(of: "/") { folders.insert(String(path[..<slash])) }
    }

    private func joined(_ folder: String, _ name: String) -> String {
        name.hasPrefix("/") || folder.isEmpty ? name : "\(folder)/\(name)"
    }
}
