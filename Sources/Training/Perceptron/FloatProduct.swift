// SPDX-License-Identifier: Apache-2.0

/// The inner loops of a matrix product: tiles of four rows by eight columns, held in registers
/// while the inner index runs.
///
/// The caller has checked shapes; memory is reached by pointers.
struct FloatProduct {
    private typealias Vector = SIMD8<Float>

    let rowCount: Int
    let innerCount: Int
    /// Of the right matrix and of the result; a multiple of eight.
    let stride: Int
    /// How far the left matrix's rows and inner elements lie apart.
    let rowStride: Int
    let innerStride: Int

    func add(
        _ left: UnsafeBufferPointer<Float>, _ right: UnsafeBufferPointer<Float>,
        to result: UnsafeMutableBufferPointer<Float>
    ) {
        guard let left = left.baseAddress, let right = UnsafeRawPointer(right.baseAddress),
            let result = UnsafeMutableRawPointer(result.baseAddress)
        else { return }
        for column in Swift.stride(from: 0, to: stride, by: 8) {
            var row = 0
            while row + 4 <= rowCount {
                addTile(left + row * rowStride, right, result, row, column)
                row += 4
            }
            while row < rowCount {
                addRow(left + row * rowStride, right, result, row, column)
                row += 1
            }
        }
    }

    @inline(__always)
    private func place(_ row: Int, _ column: Int) -> Int { (row * stride + column) * 4 }

    @inline(__always)
    private func addTile(
        _ left: UnsafePointer<Float>, _ right: UnsafeRawPointer, _ result: UnsafeMutableRawPointer,
        _ row: Int, _ column: Int
    ) {
        var sum0 = result.loadUnaligned(fromByteOffset: place(row, column), as: Vector.self)
        var sum1 = result.loadUnaligned(fromByteOffset: place(row + 1, column), as: Vector.self)
        var sum2 = result.loadUnaligned(fromByteOffset: place(row + 2, column), as: Vector.self)
        var sum3 = result.loadUnaligned(fromByteOffset: place(row + 3, column), as: Vector.self)
        var factor = left
        for inner in 0..<innerCount {
            let vector = right.loadUnaligned(
                fromByteOffset: place(inner, column), as: Vector.self)
            sum0 += vector * factor[0]
            sum1 += vector * factor[rowStride]
            sum2 += vector * factor[2 * rowStride]
            sum3 += vector * factor[3 * rowStride]
            factor += innerStride
        }
        result.storeBytes(of: sum0, toByteOffset: place(row, column), as: Vector.self)
        result.storeBytes(of: sum1, toByteOffset: place(row + 1, column), as: Vector.self)
        result.storeBytes(of: sum2, toByteOffset: place(row + 2, column), as: Vector.self)
        result.storeBytes(of: sum3, toByteOffset: place(row + 3, column), as: Vector.self)
    }

    @inline(__always)
    private func addRow(
        _ left: UnsafePointer<Float>, _ right: UnsafeRawPointer, _ result: UnsafeMutableRawPointer,
        _ row: Int, _ column: Int
    ) {
        var sum = result.loadUnaligned(fromByteOffset: place(row, column), as: Vector.self)
        for inner in 0..<innerCount {
            let vector = right.loadUnaligned(
                fromByteOffset: place(inner, column), as: Vector.self)
            sum += vector * left[inner * innerStride]
        }
        result.storeBytes(of: sum, toByteOffset: place(row, column), as: Vector.self)
    }
}
