// SPDX-License-Identifier: Apache-2.0

/// Which routes an address serves.
package enum ServiceSurface: Sendable {
    /// All, at the only address.
    case everything
    /// What clients of the models need, where administration has an address of its own.
    case predictions
    /// The rest.
    case administration
}
