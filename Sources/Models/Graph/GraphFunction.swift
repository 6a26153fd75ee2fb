// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What is done to each value alone. NaN gives NaN unless said otherwise.
package enum GraphUnary: String, CaseIterable, Sendable {
    case absolute, negate, reciprocal, exponential, logarithm, floor, ceiling, sign, tanh, sine,
        cosine
    case squareRoot = "square_root"
    /// Halves go to the even neighbour.
    case round
    case relu
    case sigmoid
    case softplus
    case errorFunction = "error_function"
    case not
    case isNaN = "is_nan"
    case isInfinite = "is_infinite"

    /// `nil` when there is no such function of the type.
    func element(of element: GraphElement) -> GraphElement? {
        switch self {
        case .not: element == .boolean ? .boolean : nil
        case .isNaN, .isInfinite: element.isFloat ? .boolean : nil
        case .absolute, .negate, .sign, .relu: element.isNumber ? element : nil
        default: element.isFloat ? element : nil
        }
    }

    @inline(__always)
    func value(_ value: Double) -> Double {
        switch self {
        case .absolute: value.magnitude
        case .negate: -value
        case .reciprocal: 1 / value
        case .exponential: exp(value)
        case .logarithm: log(value)
        case .floor: value.rounded(.down)
        case .ceiling: value.rounded(.up)
        case .sign: value > 0 ? 1 : value < 0 ? -1 : value
        case .tanh: Glibc.tanh(value)
        case .sine: sin(value)
        case .cosine: cos(value)
        case .squareRoot: value.squareRoot()
        case .round: value.rounded(.toNearestOrEven)
        case .relu: value < 0 ? 0 : value
        // Mirrored, so that no exponential overflows.
        case .sigmoid: value < 0 ? 1 - 1 / (1 + exp(value)) : 1 / (1 + exp(-value))
        case .softplus: max(value, 0) + log1p(exp(-value.magnitude))
        case .errorFunction: erf(value)
        case .not: value == 0 ? 1 : 0
        case .isNaN: value.isNaN ? 1 : 0
        case .isInfinite: value.isInfinite ? 1 : 0
        }
    }
}

/// What is done to pairs of values. A comparison with NaN is false.
package enum GraphBinary: String, CaseIterable, Sendable {
    case add, subtract, multiply
    /// Of integers, towards zero.
    case divide
    case power
    /// NaN if either is.
    case minimum, maximum
    case equal, less
    case lessOrEqual = "less_or_equal"
    case and, or, xor

    /// `nil` when there is no such function of the type, which both have.
    func element(of element: GraphElement) -> GraphElement? {
        switch self {
        case .add, .subtract, .multiply, .divide, .power, .minimum, .maximum:
            element.isNumber ? element : nil
        case .equal: .boolean
        case .less, .lessOrEqual: element.isNumber ? .boolean : nil
        case .and, .or, .xor: element == .boolean ? .boolean : nil
        }
    }

    @inline(__always)
    func value(_ left: Double, _ right: Double) -> Double {
        switch self {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .power: pow(left, right)
        case .minimum: left < right || left.isNaN ? left : right
        case .maximum: left > right || left.isNaN ? left : right
        case .equal: left == right ? 1 : 0
        case .less: left < right ? 1 : 0
        case .lessOrEqual: left <= right ? 1 : 0
        case .and: left * right
        case .or: max(left, right)
        case .xor: left == right ? 0 : 1
        }
    }
}

/// What is made of each group of adjacent values.
package enum GraphReduction: String, CaseIterable, Sendable {
    case sum, mean, product, minimum, maximum
    case logSumExp = "log_sum_exp"
    /// The place of the first of the largest.
    case argMaximum = "arg_maximum"
    case argMinimum = "arg_minimum"

    func element(of element: GraphElement) -> GraphElement? {
        switch self {
        case .argMaximum, .argMinimum: element.isNumber ? .int64 : nil
        case .sum, .product, .minimum, .maximum: element.isNumber ? element : nil
        case .mean, .logSumExp: element.isFloat ? element : nil
        }
    }
}
