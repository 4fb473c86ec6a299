internal import CLibcrypto

/// The path validation of RFC 5280 section 6, done by libcrypto on a path that was found already.
package enum PathValidation {
    /// What is wrong with a path.
    package enum Reason: Hashable, Sendable {
        case issuerNotFound
        case wrongSignature
        case notAnAuthority
        case pathTooLong
        case mayNotSignCertificates
        case nameNotPermitted
        case unknownCriticalExtension
        /// Anything else, in libcrypto's words.
        case other(String)
    }

    /// A refused path.
    package struct Failure: Error, Hashable, Sendable {
        package let reason: Reason
        /// Which certificate is at fault, 0 the first of the path.
        package let index: Int
    }

    /// Validates a path whose last certificate is trusted.
    ///
    /// Identity, time (of which libcrypto leaves out the last second), key usage of the first certificate, revocation
    /// and the strength of signatures are left to the caller.
    ///
    /// - Parameter path: certificates in DER, each signed by the next; two or more.
    package static func validate(_ path: [[UInt8]]) throws(Failure) {
        defer { ERR_clear_error() }
        guard let failure = verdict(path) else { return }
        throw failure
    }

    private static func verdict(_ path: [[UInt8]]) -> Failure? {
        guard path.count >= 2 else { return Failure(reason: .issuerNotFound, index: 0) }
        let certificates = CertificateStack()
        for (der, index) in zip(path, 0...) where !certificates.append(der) {
            return Failure(reason: .other("libcrypto cannot read the certificate"), index: index)
        }
        let verification = PathVerification()
        guard verification.start(certificates) else {
            return Failure(reason: .other("libcrypto cannot start"), index: 0)
        }
        return verification.failure
    }

    fileprivate static func reason(_ code: Int32) -> Reason {
        switch code {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            .issuerNotFound
        case X509_V_ERR_CERT_SIGNATURE_FAILURE: .wrongSignature
        case X509_V_ERR_INVALID_CA: .notAnAuthority
        case X509_V_ERR_PATH_LENGTH_EXCEEDED: .pathTooLong
        case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: .mayNotSignCertificates
        case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION: .nameNotPermitted
        case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION: .unknownCriticalExtension
        default: unsafe .other(String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }
}

/// Certificates of libcrypto's, in order.
@safe
private struct CertificateStack: ~Copyable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = unsafe swiftike_new_certificates() else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe swiftike_free_certificates(pointer)
    }

    borrowing func append(_ der: [UInt8]) -> Bool {
        let certificate = unsafe der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_X509(nil, &cursor, buffer.count)
        }
        guard let certificate = unsafe certificate else { return false }
        guard unsafe swiftike_push_certificate(pointer, certificate) == 1 else {
            unsafe X509_free(certificate)
            return false
        }
        return true
    }
}

/// One run of libcrypto's verification.
@safe
private struct PathVerification: ~Copyable {
    let store: OpaquePointer
    let run: OpaquePointer

    init() {
        guard let store = unsafe X509_STORE_new(), let run = unsafe X509_STORE_CTX_new() else {
            preconditionFailure("out of memory")
        }
        unsafe self.store = store
        unsafe self.run = run
    }

    deinit {
        unsafe X509_STORE_CTX_free(run)
        unsafe X509_STORE_free(store)
    }

    /// The first certificate is the one to verify, the last the one to trust.
    borrowing func start(_ certificates: borrowing CertificateStack) -> Bool {
        let count = unsafe swiftike_certificate_count(certificates.pointer)
        guard unsafe X509_STORE_add_cert(store, swiftike_certificate(certificates.pointer, count - 1)) == 1,
            unsafe X509_STORE_CTX_init(
                run, store, swiftike_certificate(certificates.pointer, 0), certificates.pointer) == 1,
            let parameters = unsafe X509_STORE_CTX_get0_param(run)
        else { return false }
        // A trusted certificate ends the path even where another authority signed it.
        let flags = UInt(X509_V_FLAG_PARTIAL_CHAIN) | UInt(X509_V_FLAG_NO_CHECK_TIME)
        return unsafe X509_VERIFY_PARAM_set_flags(parameters, flags) == 1
    }

    /// nil where the path is sound.
    var failure: PathValidation.Failure? {
        guard unsafe X509_verify_cert(run) != 1 else { return nil }
        let code = unsafe X509_STORE_CTX_get_error(run)
        let depth = unsafe X509_STORE_CTX_get_error_depth(run)
        return PathValidation.Failure(reason: PathValidation.reason(code), index: max(0, Int(depth)))
    }
}
