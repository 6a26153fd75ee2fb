// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// A route of the API, told from a path (DESIGN: HTTP surface).
///
/// Segments are ranges of the path's bytes. Matching is exact: no trailing slash, no merging of
/// `//`, case counts. The raw value is the index of the route's label in metrics.
enum Route {
    case predict
    case predictModel(Range<Int>)
    case predictVersion(Range<Int>, Range<Int>)
    case predictAlias(Range<Int>, Range<Int>)
    case livez, readyz, healthz
    case metrics, version
    case models
    case model(Range<Int>)
    case modelVersion(Range<Int>, Range<Int>)
    case modelQuality(Range<Int>)
    case modelDrift(Range<Int>)
    case feedback
    case rollouts
    case rollout(Range<Int>, RolloutVerb?)
    case asset(Asset)
    case openAPI

    /// The routes' labels; index 0 stands for every path that is none of them.
    static let labels = [
        "unmatched", "/predict", "/models/{model}/predict",
        "/models/{model}/versions/{version}/predict", "/models/{model}/aliases/{alias}/predict",
        "/livez", "/readyz", "/healthz", "/metrics", "/version", "/models", "/models/{model}",
        "/models/{model}/versions/{version}", "/rollouts", "/rollouts/{id}",
        "/rollouts/{id}/{verb}", "/feedback", "/models/{model}/quality",
        "/models/{model}/drift", "/", "/docs", "/assets/{name}", "/openapi.json",
    ]

    /// The labels of routes that predict, by index.
    static let predictions = 1...4

    var labelIndex: Int {
        switch self {
        case .predict: 1
        case .predictModel: 2
        case .predictVersion: 3
        case .predictAlias: 4
        case .livez: 5
        case .readyz: 6
        case .healthz: 7
        case .metrics: 8
        case .version: 9
        case .models: 10
        case .model: 11
        case .modelVersion: 12
        case .rollouts: 13
        case .rollout(_, nil): 14
        case .rollout: 15
        case .feedback: 16
        case .modelQuality: 17
        case .modelDrift: 18
        case .asset(.page): 19
        case .asset(.documentation): 20
        case .asset: 21
        case .openAPI: 22
        }
    }

    /// Whether probes or scrapes ask for it, which must be answered when little else is.
    var isForOperators: Bool {
        switch self {
        case .livez, .readyz, .healthz, .metrics: true
        default: false
        }
    }

    /// Whether it changes what the server does or keeps; a prediction is none such.
    func isOrder(by method: HTTPMethod) -> Bool {
        switch self {
        case .feedback, .rollouts: method == .post
        case .rollout(_, let verb?): verb.isOrder
        default: false
        }
    }

    var allowed: Problem.AllowedMethods {
        switch self {
        case .predict, .predictModel, .predictVersion, .predictAlias: .post
        case .rollout(_, let verb?): verb.isCommand ? .post : .get
        case .rollouts: .any
        case .feedback: .post
        case .livez, .readyz, .healthz, .metrics, .version, .models, .model, .modelVersion,
            .rollout, .modelQuality, .modelDrift, .asset, .openAPI:
            .get
        }
    }

    init?(_ path: Range<Int>, in text: Span<UInt8>) {
        if path.count == 1, text[path.lowerBound] == 0x2F {
            self = .asset(.page)
            return
        }
        var segments = Segments(rest: path)
        guard let first = segments.next(in: text) else { return nil }
        if text.equals("models", first) {
            self.init(models: &segments, text)
            return
        }
        if text.equals("rollouts", first) {
            self.init(rollouts: &segments, text)
            return
        }
        if text.equals("assets", first) {
            guard let name = segments.next(in: text), segments.isAtEnd,
                let asset = Asset(name: ServingSet.string(name, text))
            else { return nil }
            self = .asset(asset)
            return
        }
        guard segments.isAtEnd else { return nil }
        if text.equals("predict", first) {
            self = .predict
        } else if text.equals("healthz", first) {
            self = .healthz
        } else if text.equals("readyz", first) {
            self = .readyz
        } else if text.equals("livez", first) {
            self = .livez
        } else if text.equals("metrics", first) {
            self = .metrics
        } else if text.equals("version", first) {
            self = .version
        } else if text.equals("feedback", first) {
            self = .feedback
        } else if text.equals("docs", first) {
            self = .asset(.documentation)
        } else if text.equals("openapi.json", first) {
            self = .openAPI
        } else {
            return nil
        }
    }

    /// What follows `/rollouts`.
    private init?(rollouts segments: inout Segments, _ text: Span<UInt8>) {
        if segments.isAtEnd {
            self = .rollouts
            return
        }
        guard let id = segments.next(in: text) else { return nil }
        if segments.isAtEnd {
            self = .rollout(id, nil)
            return
        }
        guard let last = segments.next(in: text), segments.isAtEnd,
            let verb = RolloutVerb(rawValue: ServingSet.string(last, text))
        else { return nil }
        self = .rollout(id, verb)
    }

    /// What follows `/models`.
    private init?(models segments: inout Segments, _ text: Span<UInt8>) {
        if segments.isAtEnd {
            self = .models
            return
        }
        guard let model = segments.next(in: text) else { return nil }
        if segments.isAtEnd {
            self = .model(model)
            return
        }
        guard let verb = segments.next(in: text) else { return nil }
        if segments.isAtEnd, text.equals("predict", verb) {
            self = .predictModel(model)
            return
        }
        if segments.isAtEnd, text.equals("quality", verb) {
            self = .modelQuality(model)
            return
        }
        if segments.isAtEnd, text.equals("drift", verb) {
            self = .modelDrift(model)
            return
        }
        let isVersion = text.equals("versions", verb)
        guard isVersion || text.equals("aliases", verb), let name = segments.next(in: text) else {
            return nil
        }
        if segments.isAtEnd, isVersion {
            self = .modelVersion(model, name)
            return
        }
        guard let last = segments.next(in: text), text.equals("predict", last), segments.isAtEnd
        else { return nil }
        self = isVersion ? .predictVersion(model, name) : .predictAlias(model, name)
    }
}

/// The segments of a path, each non-empty, in order.
private struct Segments {
    private var rest: Range<Int>

    init(rest: Range<Int>) {
        self.rest = rest
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next segment with the slash before it stepped over; `nil` at the end or at an empty one.
    mutating func next(in text: Span<UInt8>) -> Range<Int>? {
        guard let slash = rest.first, text[slash] == 0x2F else { return nil }
        var end = slash + 1
        while end < rest.upperBound, text[end] != 0x2F { end += 1 }
        guard end > slash + 1 else { return nil }
        rest = end..<rest.upperBound
        return slash + 1..<end
    }
}

extension Span<UInt8> {
    fileprivate func equals(_ name: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count
        where self[range.lowerBound + offset] != name.utf8Start[offset] {
            return false
        }
        return true
    }
}
