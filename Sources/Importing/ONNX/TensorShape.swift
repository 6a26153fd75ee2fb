// SPDX-License-Identifier: Apache-2.0
import Models

enum TensorShape {
    /// A shape and its number of values, neither of which is trusted.
    static func checked(
        _ dims: [Int64], _ place: String
    ) throws(ImportError) -> (shape: [Int], count: Int) {
        var count = 1
        for dim in dims {
            guard dim >= 0, dim <= GraphTensor.countMax else {
                throw .malformed(field: place, reason: "a shape out of bounds")
            }
            count *= Int(dim)
            guard count <= GraphTensor.countMax else {
                throw .malformed(field: place, reason: "a shape out of bounds")
            }
        }
        guard dims.count <= 8 else {
            throw .unsupported("\(dims.count) dimensions of \(place)")
        }
        return (dims.map { Int($0) }, count)
    }

    /// How far apart neighbours along each axis stand.
    static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        return strides
    }

    /// Calls with the coordinates of each place of a shape, the last axis running fastest.
    static func forEach(_ shape: [Int], _ body: ([Int]) -> Void) {
        guard shape.allSatisfy({ $0 > 0 }) else { return }
        var coordinates = [Int](repeating: 0, count: shape.count)
        while true {
            body(coordinates)
            var axis = shape.count - 1
            while axis >= 0 {
                coordinates[axis] += 1
                if coordinates[axis] < shape[axis] { break }
                coordinates[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}
