// SPDX-License-Identifier: Apache-2.0
import HTTP1

extension Route {
    /// The least that a caller must be; `nil` where everybody may ask, as probes do.
    func requiredRole(for method: HTTPMethod) -> AccessRole? {
        switch self {
        case .livez, .readyz, .healthz: nil
        case .predict, .predictModel, .predictVersion, .predictAlias, .feedback: .predictor
        case .metrics, .version, .models, .model, .modelVersion, .modelQuality, .modelDrift:
            .viewer
        case .rollouts: method == .post ? .operator : .viewer
        case .rollout(_, let verb): verb?.isOrder == true ? .operator : .viewer
        }
    }

    /// Whether it is to be found at an address of that kind. Probes and scrapes are at each: it is
    /// the process that they ask about.
    func isServed(at surface: ServiceSurface) -> Bool {
        if case .metrics = self { return true }
        return switch requiredRole(for: .get) {
        case nil: true
        case .predictor: surface != .administration
        case .viewer, .operator, .admin: surface != .predictions
        }
    }
}
