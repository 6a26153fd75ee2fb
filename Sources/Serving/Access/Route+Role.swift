// SPDX-License-Identifier: Apache-2.0
import HTTP1

extension Route {
    /// The least that a caller must be; `nil` where everybody may ask, as probes do.
    func requiredRole(for method: HTTPMethod) -> AccessRole? {
        switch self {
        case .livez, .readyz, .healthz, .asset: nil
        case .predict, .predictModel, .predictVersion, .predictAlias, .feedback: .predictor
        case .metrics, .version, .models, .model, .modelVersion, .modelQuality, .modelDrift,
            .openAPI:
            .viewer
        case .rollouts: method == .post ? .operator : .viewer
        case .rollout(_, let verb): verb?.isOrder == true ? .operator : .viewer
        }
    }

    /// Whether it is to be found at an address of that kind. Probes and scrapes are at each: it is
    /// the process that they ask about. Predictions are too, as the page has a form to try one, and
    /// its script may ask no other address than its own.
    func isServed(at surface: ServiceSurface) -> Bool {
        switch self {
        case .livez, .readyz, .healthz, .metrics: true
        case .predict, .predictModel, .predictVersion, .predictAlias: true
        case .feedback: surface != .administration
        case .version, .models, .model, .modelVersion, .modelQuality, .modelDrift, .rollouts,
            .rollout, .asset, .openAPI:
            surface != .predictions
        }
    }
}
