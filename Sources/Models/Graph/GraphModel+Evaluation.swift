// SPDX-License-Identifier: Apache-2.0

extension GraphModel {
    /// How far probabilities may lie apart by rounding where the graph calls them equal.
    private static let tie = 1e-6

    /// Appends `marginCount` margins for each row.
    ///
    /// - Parameter rows: row-major, one value for each feature.
    /// - Complexity: O(rows × the nodes' work); allocates nothing while `margins` has room for the
    ///   margins and `valueCount` more.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        let first = margins.count
        let rowCount = rows.count / featureCount
        let end = first + rowCount * marginCount
        // The nodes' values stand behind the margins while they are needed.
        margins.append(contentsOf: repeatElement(0, count: end - first + valueCount))
        var span = margins.mutableSpan
        placeConstants(&span, end)
        for row in 0..<rowCount {
            evaluate(rows, row * featureCount, &span, end)
            answer(&span, end, to: first + row * marginCount)
        }
        margins.removeLast(valueCount)
    }

    private func placeConstants(_ span: inout MutableSpan<Double>, _ start: Int) {
        for index in nodes.indices {
            guard case .constant(let tensor) = nodes[index].operation else { continue }
            let place = start + places[index].start
            for value in tensor.values.indices { span[place + value] = tensor.values[value] }
        }
    }

    private func evaluate(
        _ rows: Span<Double>, _ row: Int, _ span: inout MutableSpan<Double>, _ start: Int
    ) {
        var values = span._mutatingExtracting(start..<start + valueCount)
        for index in nodes.indices {
            let place = places[index]
            switch nodes[index].operation {
            case .constant: break
            case .numbers(let first, let type):
                for offset in 0..<type.count {
                    values[place.start + offset] = type.element.rounded(rows[row + first + offset])
                }
            case .categories(let first, let tables):
                for (offset, table) in tables.enumerated() {
                    let code = rows[row + first + offset]
                    // NaN is in no range.
                    values[place.start + offset] =
                        code >= 0 && code < Double(table.count) ? table[Int(code)] : -1
                }
            case .pick:
                for (offset, source) in pickedPlaces[index].enumerated() {
                    values[place.start + offset] = values[source]
                }
            default:
                nodes[index].operation.evaluate(inputPlaces[index], into: place, &values)
            }
        }
    }

    private func answer(_ span: inout MutableSpan<Double>, _ start: Int, to first: Int) {
        let place = places[answer.node]
        let values = start + place.start
        switch answer {
        case .value: span[first] = span[values]
        case .distances:
            for index in 0..<place.count {
                span[first + index] = -(span[values + index] * span[values + index])
            }
        case .probabilities(_, let label):
            let predicted = label.map { span[start + places[$0].start] }
            if place.count == 2 {
                span[first] = Self.settled(span[values + 1], isSecond: predicted.map { $0 == 1 })
                return
            }
            for index in 0..<place.count { span[first + index] = span[values + index] }
            guard let label = predicted.flatMap({ Int(exactly: $0) }), label >= 0,
                label < place.count
            else { return }
            let chosen = span[first + label]
            for index in 0..<label where span[first + index] == chosen {
                span[first + label] = chosen.nextUp
            }
        }
    }

    /// The second of two probabilities, on the side of a half that the graph's own label says,
    /// where rounding alone might put it on the other.
    private static func settled(_ probability: Double, isSecond: Bool?) -> Double {
        guard let isSecond, abs(probability - 0.5) < tie else { return probability }
        return isSecond ? max(probability, 0.5.nextUp) : min(probability, 0.5)
    }
}
