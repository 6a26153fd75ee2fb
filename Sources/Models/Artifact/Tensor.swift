// SPDX-License-Identifier: Apache-2.0

/// A named array of `Double` to be written into an artifact.
struct Tensor {
    let name: String
    let shape: [Int]
    let values: [Double]

    /// - Precondition: the shape's product is the number of values.
    init(_ name: String, _ shape: [Int], _ values: [Double]) {
        precondition(shape.reduce(1, *) == values.count, "tensor \(name) has another shape")
        self.name = name
        self.shape = shape
        self.values = values
    }
}
