// SPDX-License-Identifier: Apache-2.0

/// A JSON or UBJSON document as model files use them: long lists of numbers are kept flat.
enum Document: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    /// A list of numbers only; also the empty list.
    case numbers([Double])
    case list([Document])
    case object([String: Document])

    /// How decimals become numbers: the precision of the library that wrote them.
    enum Decimals: Sendable {
        case float32, float64
    }

    /// How deep lists and objects may nest, in either format.
    static let depthMax = 64

    /// Flat if all elements are numbers.
    init(elements: [Document]) {
        var numbers: [Double] = []
        for element in elements {
            guard case .number(let number) = element else {
                self = .list(elements)
                return
            }
            numbers.append(number)
        }
        self = .numbers(numbers)
    }
}
