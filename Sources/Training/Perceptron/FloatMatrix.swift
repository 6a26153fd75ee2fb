// SPDX-License-Identifier: Apache-2.0

/// A row-major matrix of `Float` whose rows are padded with zeros to whole vectors of eight.
///
/// Products add their terms in order of the inner index, eight columns side by side, so that their
/// bits depend neither on threads nor on the machine's vectors.
struct FloatMatrix: Equatable, Sendable {
    private typealias Vector = SIMD8<Float>

    let rowCount: Int
    let columnCount: Int
    /// Columns with the padding.
    let stride: Int
    private(set) var values: [Float]

    /// All zeros.
    init(_ rowCount: Int, _ columnCount: Int) {
        self.rowCount = rowCount
        self.columnCount = columnCount
        stride = (columnCount + 7) / 8 * 8
        values = [Float](repeating: 0, count: rowCount * stride)
    }

    subscript(row: Int, column: Int) -> Float {
        get { values[row * stride + column] }
        set { values[row * stride + column] = newValue }
    }

    var transposed: FloatMatrix {
        var result = FloatMatrix(columnCount, rowCount)
        for row in 0..<rowCount {
            for column in 0..<columnCount { result[column, row] = self[row, column] }
        }
        return result
    }

    /// Row-major, without the padding.
    var unpadded: [Float] {
        (0..<rowCount).flatMap { values[($0 * stride)..<($0 * stride + columnCount)] }
    }

    /// Combines this matrix's and others' elements of the same place into new ones.
    @inline(__always)
    mutating func update(
        _ first: inout FloatMatrix, _ second: inout FloatMatrix, by gradient: FloatMatrix,
        _ body: (
            _ own: inout SIMD8<Float>, _ first: inout SIMD8<Float>, _ second: inout SIMD8<Float>,
            _ gradient: SIMD8<Float>
        ) -> Void
    ) {
        precondition(
            values.count == first.values.count && values.count == second.values.count
                && values.count == gradient.values.count, "matrices of one shape")
        let byteCount = values.count * MemoryLayout<Float>.size
        values.withUnsafeMutableBytes { own in
            first.values.withUnsafeMutableBytes { first in
                second.values.withUnsafeMutableBytes { second in
                    gradient.values.withUnsafeBytes { gradient in
                        for place in Swift.stride(from: 0, to: byteCount, by: 32) {
                            var o = own.loadUnaligned(fromByteOffset: place, as: Vector.self)
                            var f = first.loadUnaligned(fromByteOffset: place, as: Vector.self)
                            var s = second.loadUnaligned(fromByteOffset: place, as: Vector.self)
                            body(
                                &o, &f, &s,
                                gradient.loadUnaligned(fromByteOffset: place, as: Vector.self))
                            own.storeBytes(of: o, toByteOffset: place, as: Vector.self)
                            first.storeBytes(of: f, toByteOffset: place, as: Vector.self)
                            second.storeBytes(of: s, toByteOffset: place, as: Vector.self)
                        }
                    }
                }
            }
        }
    }

    static func += (left: inout FloatMatrix, right: FloatMatrix) {
        precondition(left.values.count == right.values.count, "matrices of one shape")
        left.values.withUnsafeMutableBufferPointer { left in
            right.values.withUnsafeBufferPointer { right in
                for index in left.indices { left[index] += right[index] }
            }
        }
    }

    /// Sets what is not above 0 to 0.
    mutating func rectify() {
        values.withUnsafeMutableBufferPointer { values in
            for index in values.indices where !(values[index] > 0) { values[index] = 0 }
        }
    }

    /// Sets to 0 what is not above 0 in another matrix of the shape.
    mutating func mask(by other: FloatMatrix) {
        precondition(values.count == other.values.count, "matrices of one shape")
        values.withUnsafeMutableBufferPointer { values in
            other.values.withUnsafeBufferPointer { other in
                for index in values.indices where !(other[index] > 0) { values[index] = 0 }
            }
        }
    }

    /// Adds a row of another matrix, times a factor, to one of this.
    mutating func add(_ factor: Float, _ other: FloatMatrix, row source: Int, toRow target: Int) {
        precondition(stride == other.stride && source < other.rowCount && target < rowCount)
        values.withUnsafeMutableBufferPointer { values in
            other.values.withUnsafeBufferPointer { other in
                let (to, from) = (target * stride, source * stride)
                for column in 0..<stride { values[to + column] += factor * other[from + column] }
            }
        }
    }

    /// Adds `left · right`, or `leftᵀ · right`.
    mutating func add(_ left: FloatMatrix, isTransposed: Bool = false, _ right: FloatMatrix) {
        let inner = isTransposed ? left.rowCount : left.columnCount
        let outer = isTransposed ? left.columnCount : left.rowCount
        precondition(
            outer == rowCount && inner == right.rowCount && right.stride == stride,
            "the shapes of a product")
        let product = FloatProduct(
            rowCount: rowCount, innerCount: inner, stride: stride,
            rowStride: isTransposed ? 1 : left.stride, innerStride: isTransposed ? left.stride : 1)
        values.withUnsafeMutableBufferPointer { values in
            left.values.withUnsafeBufferPointer { left in
                right.values.withUnsafeBufferPointer { right in
                    product.add(left, right, to: values)
                }
            }
        }
    }
}
