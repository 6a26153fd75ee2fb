// SPDX-License-Identifier: Apache-2.0

/// Runs of numbers, which a prediction's rows mostly are. (How they are read: `NumberScan`.)
extension JSONCursor {
    /// Reads on as long as the elements of the array entered last are plain numbers, `limit` at
    /// most.
    ///
    /// It stops before the first element that is anything else: `hasNext` and `number` then decide
    /// what that is.
    ///
    /// - Returns: how many numbers were appended.
    package mutating func appendNumbers(
        upTo limit: Int, to numbers: inout [Double], in text: Span<UInt8>
    ) -> Int {
        guard limit > 0 else { return 0 }
        let start = position
        var end = start
        var isFirst = isAtFirst
        var taken = 0
        numbers.append(addingCapacity: limit) { room in
            room.withUnsafeMutableBufferPointer { room, count in
                let wanted = UnsafeMutableBufferPointer(rebasing: room[count..<(count + limit)])
                NumberScan.run(in: text, from: start, isFirst: isFirst) { scan in
                    taken = scan.take(into: wanted)
                    end = scan.end
                    isFirst = scan.isFirst
                }
                if taken < limit {
                    NumberScan.runAtEnd(of: text, from: end, isFirst: isFirst) { scan in
                        taken += scan.take(
                            into: UnsafeMutableBufferPointer(rebasing: wanted[taken...]))
                        end += scan.end
                    }
                }
                count += taken
            }
        }
        if taken > 0 { moveBehindElement(at: end) }
        return taken
    }

    /// Reads on as long as the elements of the array entered last are arrays of `width` plain
    /// numbers each.
    ///
    /// It stops before the first element that is anything else, and some way before the end of the
    /// text: the last rows are for `enter` and `appendNumbers`.
    ///
    /// - Returns: how many rows were appended.
    package mutating func appendRows(
        of width: Int, to numbers: inout [Double], in text: Span<UInt8>
    ) -> Int {
        guard width > 0, depth < Self.depthMax else { return 0 }
        let isEmpty = numbers.isEmpty
        var end = position
        var taken = 0
        _ = NumberScan.run(in: text, from: end, isFirst: isAtFirst) { scan in
            while Self.appendRow(of: width, to: &numbers, from: &scan) {
                if isEmpty, taken == 0 {
                    // As many as there are if all are as long as the first. Once only: growing to
                    // an exact size at each call would copy all numbers each time.
                    let rest = (text.count - scan.end) / (scan.end - end)
                    numbers.reserveCapacity(numbers.count + (rest + 1) * width)
                }
                end = scan.end
                taken += 1
            }
        }
        if taken > 0 { moveBehindElement(at: end) }
        return taken
    }

    @inline(__always)
    private static func appendRow(
        of width: Int, to numbers: inout [Double], from scan: inout NumberScan
    ) -> Bool {
        guard scan.enterElement() else { return false }
        var isWhole = false
        numbers.append(addingCapacity: width) { room in
            room.withUnsafeMutableBufferPointer { room, count in
                let row = UnsafeMutableBufferPointer(rebasing: room[count..<(count + width)])
                isWhole = scan.take(into: row) == width && scan.step(over: Container.array.close)
                if isWhole { count += width }
            }
        }
        return isWhole
    }
}
