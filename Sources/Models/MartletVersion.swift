// SPDX-License-Identifier: Apache-2.0

/// The version of this program, as `--version`, artifacts, lineage and `build_info` give it.
package enum MartletVersion {
    package static let current = "0.1.0"
}
