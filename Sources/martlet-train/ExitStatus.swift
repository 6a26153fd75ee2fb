// SPDX-License-Identifier: Apache-2.0

/// How the process ends; the numbers from 65 on are those of `sysexits.h`.
enum ExitStatus: Int32 {
    case usage = 2
    case badData = 65
    case noInput = 66
    case software = 70
    case cannotCreate = 73
}
