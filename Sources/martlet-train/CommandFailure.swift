// SPDX-License-Identifier: Apache-2.0
import Registry
import Training

/// Why a command did not do what it was asked.
enum CommandFailure: Error, CustomStringConvertible {
    case training(TrainingError)
    case registry(RegistryError)
    case cannotWrite(path: String, reason: String)

    var status: ExitStatus {
        switch self {
        case .training(.unreadable): .noInput
        case .training(.data), .training(.unsuitable), .training(.notConverged): .badData
        case .training(.interrupted), .training(.inconsistent): .software
        case .registry(.invalidName): .usage
        case .registry(.database): .software
        case .registry, .cannotWrite: .cannotCreate
        }
    }

    var description: String {
        switch self {
        case .training(let error): "\(error)"
        case .registry(let error): "\(error)"
        case .cannotWrite(let path, let reason): "\(path): \(reason)"
        }
    }
}
