// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Registry

/// One loop's judgement of who may do what, confined to that loop.
///
/// A judgement takes no lock and allocates nothing. It is made anew for each request: a line that
/// leaves the tokens file, or expires, ends on connections that are open.
final class AccessGate {
    private let rules: AccessRules
    private let now: @Sendable () -> Timestamp
    private var table = AccessTable([])
    private var generation = 0

    init(_ rules: AccessRules, now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.rules = rules
        self.now = now
    }

    /// Who asks, if that is enough for what they ask.
    func admit(
        _ required: AccessRole, _ request: borrowing HTTPRequest, _ message: Span<UInt8>,
        _ context: HTTPRequestContext
    ) throws(AccessRefusal) -> Caller {
        let anonymous = Caller(anonymous: context.client)
        switch rules {
        case .open: return anonymous
        case .readAndPredict:
            switch required {
            case .viewer, .predictor: return anonymous
            case .operator, .admin: throw .insufficient(anonymous)
            }
        case .roles(let control):
            if let changed = control.takeTable(since: &generation) { table = changed }
            if required == .predictor, !table.guardsPredictions { return anonymous }
        }
        let entry = try entry(request, message, context)
        if let expiry = entry.expiry, expiry <= now() { throw .expired(name: entry.name) }
        let caller = Caller(name: entry.name, role: entry.role, client: context.client)
        guard entry.role.includes(required) else { throw .insufficient(caller) }
        return caller
    }

    /// What the tokens file says of who asks. A token decides even where there is a certificate
    /// too: who shows one means to be taken for its owner.
    private func entry(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ context: HTTPRequestContext
    ) throws(AccessRefusal) -> AccessTable.Entry {
        switch BearerToken(request, in: message) {
        case .malformed: throw .malformed
        case .present(let range):
            let digest = Digest.words(of: message.extracting(range))
            guard let entry = table.entry(ofToken: digest) else { throw .unknown }
            return entry
        case .absent:
            guard let certificate = context.clientCertificate else { throw .missing }
            guard let entry = table.entry(of: certificate) else { throw .unknown }
            return entry
        }
    }
}
