// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A logistic model of two labels over numbers, read from Martlet's artifact (docs/artifact.md).
struct LinearModel: Sendable {
    enum ArtifactProblem: Error {
        case malformed(String)
    }

    let labels: [String]
    private let weights: [Double]
    private let intercept: Double
    private let mean: [Double]
    private let scale: [Double]

    var featureCount: Int { mean.count }

    init(path: String) throws {
        let file = try Data(contentsOf: URL(filePath: path))
        guard file.count > 8 else { throw ArtifactProblem.malformed("length") }
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let body = file.dropFirst(8 + length)
        guard
            let header = try JSONSerialization.jsonObject(with: file[8..<8 + length])
                as? [String: Any],
            let metadata = header["__metadata__"] as? [String: String],
            let output = try JSONSerialization.jsonObject(
                with: Data((metadata["output"] ?? "").utf8)) as? [String: Any],
            let labels = output["labels"] as? [String], labels.count == 2
        else { throw ArtifactProblem.malformed("header") }

        func tensor(_ name: String) throws -> [Double] {
            guard let entry = header[name] as? [String: Any], entry["dtype"] as? String == "F64",
                let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
            else { throw ArtifactProblem.malformed(name) }
            let bytes = Array(body.dropFirst(offsets[0]).prefix(offsets[1] - offsets[0]))
            return bytes.withUnsafeBytes { raw in
                stride(from: 0, to: raw.count, by: 8).map {
                    raw.loadUnaligned(fromByteOffset: $0, as: Double.self)
                }
            }
        }
        self.labels = labels
        // Two columns for each number: the value standardised, and whether it is missing.
        weights = try tensor("weights").enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        let intercepts = try tensor("intercepts")
        mean = try tensor("mean")
        scale = try tensor("scale")
        guard intercepts.count == 1, weights.count == mean.count, scale.count == mean.count else {
            throw ArtifactProblem.malformed("shapes")
        }
        intercept = intercepts[0]
    }

    func probability(_ row: [Double]) -> Double {
        var margin = intercept
        for index in row.indices {
            margin += weights[index] * ((row[index] - mean[index]) / scale[index])
        }
        return 1 / (1 + exp(-margin))
    }
}
