// SPDX-License-Identifier: Apache-2.0

/// How leaves become margins: `(start + leaves, in the trees' order) / divisor · scale + bias`.
package struct TreeAggregation: Equatable, Sendable {
    package let precision: Precision
    /// One for each margin; added before the trees.
    package let start: [Double]
    /// 1, or how many trees a mean is taken over.
    package let divisor: Double
    package let scale: Double
    /// One for each margin; added after all.
    package let bias: [Double]

    /// - Returns: `nil` when lengths disagree, or a number is not finite or not of the precision,
    ///   or the divisor is not positive.
    package init?(
        precision: Precision, start: [Double], divisor: Double = 1, scale: Double = 1,
        bias: [Double]? = nil
    ) {
        let bias = bias ?? [Double](repeating: 0, count: start.count)
        guard !start.isEmpty, bias.count == start.count, divisor > 0,
            (start + bias + [divisor, scale]).allSatisfy({
                $0.isFinite && precision.rounded($0) == $0
            })
        else { return nil }
        self.precision = precision
        self.start = start
        self.divisor = divisor
        self.scale = scale
        self.bias = bias
    }

    var marginCount: Int { start.count }

    /// Ends the sum of one margin.
    @inline(__always)
    func finished(_ sum: Double, margin: Int) -> Double {
        guard divisor != 1 || scale != 1 || bias[margin] != 0 else { return sum }
        if precision == .float32 {
            return Double(
                Float(sum) / Float(divisor) * Float(scale) + Float(bias[margin]))
        }
        return sum / divisor * scale + bias[margin]
    }
}
