// SPDX-License-Identifier: Apache-2.0
import Training

/// Why a command did not do what it was asked.
enum CommandFailure: Error, CustomStringConvertible {
    case training(TrainingError)
    case cannotWrite(path: String, reason: String)

    var status: ExitStatus {
        switch self {
        case .training(.unreadable): .noInput
        case .training(.data): .badData
        case .training(.notConverged), .training(.inconsistent): .software
        case .cannotWrite: .cannotCreate
        }
    }

    var description: String {
        switch self {
        case .training(let error): "\(error)"
        case .cannotWrite(let path, let reason): "\(path): \(reason)"
        }
    }
}
