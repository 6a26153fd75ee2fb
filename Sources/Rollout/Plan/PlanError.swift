// SPDX-License-Identifier: Apache-2.0

/// Why a plan is refused: the term and its value.
package enum PlanError: Error, Equatable, Sendable {
    case noSteps
    case stepsDoNotGrow(at: Int)
    case tooManySteps(Int)
    /// A probability or share outside its range.
    case outOfRange(String, Double)
    /// A time or count outside its range.
    case countOutOfRange(String, UInt64)
    case deadlineBeforeDwell(String)
    case nothingArmed
    /// Labels are asked for, and nothing is computed that they could compare.
    case marginWithoutPairs
    case armCount(Int)
    case armWithoutWeight(Int)
    case weightsDoNotSumToAll(basisPoints: Int)
    case layerSlice(Range<UInt16>)
}
