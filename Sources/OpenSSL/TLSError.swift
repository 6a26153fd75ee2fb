// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// Why TLS cannot be had: mostly what is wrong with a file, which is named.
package enum TLSError: Error, Equatable, Sendable {
    /// Not a PEM file of the server's certificate and then the others of its chain.
    case unreadableCertificate(file: String, reason: String)
    /// Not a PEM file of a private key.
    case unreadableKey(file: String, reason: String)
    /// The key asks for a passphrase, which nobody is there to type.
    case encryptedKey(file: String)
    case keyMismatch(certificatePath: String, keyPath: String)
    /// The certificate's last second has passed.
    case expired(file: String)
    /// The certificate's first second is still to come, or the clock is wrong.
    case notYetValid(file: String)
    /// The certificate at the position, counted from 1, has not signed the one before it.
    case brokenChain(file: String, position: Int)
    /// Not a PEM file of certificates (and revocation lists).
    case unreadableClientAuthority(file: String, reason: String)
    /// Not a PEM file of the authorities that a client trusts.
    case unreadableAuthority(file: String, reason: String)
    case noCertificate
    /// libssl refused a setting, which a broken installation or a lack of memory explains.
    case refused(setting: String, reason: String)
    /// The server that a client asks answers with something other than TLS.
    case notTLS
    /// The server that a client asks lets only those in that show a certificate.
    case clientCertificateWanted
    /// A client's exchange with a server did not come to its end.
    case broken(reason: String)

    /// Why a PEM file cannot be used; empties the thread's queue of errors.
    ///
    /// - Parameter content: what the file should hold.
    static func takeReason(ofFile path: String, content: String) -> String {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            ERR_clear_error()
            return String(cString: strerror(EISDIR))
        }
        let code = ERR_peek_error()
        guard ERR_GET_LIB(code) == ERR_LIB_PEM, ERR_GET_REASON(code) == PEM_R_NO_START_LINE else {
            return takeReason()
        }
        ERR_clear_error()
        return "it is no PEM file with \(content)"
    }

    /// What libcrypto noted about the call that failed; empties the thread's queue of errors.
    static func takeReason() -> String {
        let code = ERR_peek_error()
        ERR_clear_error()
        if ERR_GET_LIB(code) == ERR_LIB_SYS {
            return String(cString: strerror(ERR_GET_REASON(code)))
        }
        guard let text = ERR_reason_error_string(code) else { return "no reason given" }
        return String(cString: text)
    }
}

extension TLSError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadableCertificate(let file, let reason):
            "certificate file '\(file)': \(reason)"
        case .unreadableKey(let file, let reason):
            "key file '\(file)': \(reason)"
        case .encryptedKey(let file):
            "key file '\(file)' is encrypted; give the key without a passphrase"
        case .keyMismatch(let certificatePath, let keyPath):
            "key file '\(keyPath)' is not the key of the certificate in '\(certificatePath)'"
                + " (of several the first counts, which must be the server's own)"
        case .expired(let file): "certificate file '\(file)': the certificate has expired"
        case .notYetValid(let file):
            "certificate file '\(file)': the certificate is not valid yet"
        case .brokenChain(let file, let position):
            "certificate file '\(file)': certificate \(position) has not signed the one before it"
        case .unreadableClientAuthority(let file, let reason):
            "client authority file '\(file)': \(reason)"
        case .unreadableAuthority(let file, let reason):
            "authority file '\(file)': \(reason)"
        case .noCertificate: "TLS needs a certificate and its key"
        case .refused(let setting, let reason): "libssl refused \(setting): \(reason)"
        case .notTLS: "the server does not speak TLS"
        case .clientCertificateWanted: "the server wants a client certificate"
        case .broken(let reason): "TLS: \(reason)"
        }
    }
}
