// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Models

/// One problem of each type that a route can give: what it is called and its status are the
/// problem's own.
extension Problem {
    /// What every route but probes and scrapes can meet before it is found.
    static let limits: [Problem] = [
        .rateLimited(retryAfterSeconds: 1), .tooManyConnections,
    ]
    static let orders: [Problem] = [.unsupportedMediaType, .unsupportedContentCoding]

    /// Those of a body that holds rows.
    static let predictions: [Problem] =
        orders + [
            .malformedContentCoding(""), .contentTooLarge(byteCountMax: 0), .contentTooDense,
            .malformedRequestTimeout, .deadlineExceeded, .outOfMemory,
            .overloaded(retryAfterSeconds: 1), .unknownArm(""),
        ] + InputProblem.samples.map(Problem.input)

    static let labels: [Problem] =
        orders + [
            .noFeedbackStore, .overloaded(retryAfterSeconds: 1), .feedbackStoreUnavailable(""),
            .malformedLabel("", path: ""), .input(.json(JSONError(.wrongType, at: 0), path: "")),
            .input(.wrongType(expected: .object, path: "")), .input(.unknownMember(path: "")),
        ]

    static let noDefault: [Problem] = [.noDefaultModel(served: []), .noDefaultModel(served: [""])]
    static let model: [Problem] = [.noSuchRoute, .unknownModel("")]
    static let primary: [Problem] = model + [.modelNotServed("", reason: "")]
    static let registeredVersion: [Problem] = model + [.unknownVersion("", version: "")]
    static let loadedVersion: [Problem] =
        registeredVersion + [.versionNotLoaded("", version: 1, reason: "")]
    static let alias: [Problem] =
        model + [.unknownAlias("", alias: ""), .versionNotLoaded("", version: 1, reason: "")]

    /// Where there are no rollouts, their routes are none.
    static let rollouts: [Problem] =
        [.noSuchRoute] + [.registry("")].map(Problem.rollout)
    static let rollout: [Problem] =
        rollouts + [.unknown(id: ""), .malformedRecord("")].map(Problem.rollout)
    static let rolloutStart: [Problem] =
        rollouts + orders
        + [
            .plan(.notAnObject), .malformedRequest(""), .unknownModel(""),
            .unknownVersion("", version: 1), .noStableVersion(""), .notOfProduction(alias: ""),
            .candidateIsStable(version: 1), .firstArmNotStable(version: 1, stable: 1),
            .alreadyActive(model: "", id: 1), .conflict(""), .malformedRecord(""),
            .publisherCannotApprove(publisher: "", version: 1),
        ].map(Problem.rollout)
    static let rolloutCommand: [Problem] =
        rollout + orders
        + [
            .malformedRequest(""), .notApplicable(command: "", state: ""), .promotesWhich,
            .publisherCannotApprove(publisher: "", version: 1), .conflict(""),
            .notRecordedYet(command: "", reason: ""),
        ].map(Problem.rollout)
}

extension InputProblem {
    fileprivate static let samples: [InputProblem] = [
        .json(JSONError(.wrongType, at: 0), path: ""), .duplicateMember(path: ""),
        .wrongType(expected: .object, path: ""), .unknownMember(path: ""), .missingInput,
        .bothInputs, .emptyInstances, .record(.wrongCount(expected: 0, found: 0), path: ""),
        .record(.unknownFeature, path: ""), .record(.missingFeature, path: ""),
        .predictionNotFinite(path: ""), .notExplainable,
    ]
}
