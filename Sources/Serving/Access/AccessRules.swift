// SPDX-License-Identifier: Apache-2.0

/// Whom an address lets do what.
package enum AccessRules: Sendable {
    /// Everybody may do everything: only this machine reaches the address, or its owner insists.
    case open
    /// Nobody has a role: everybody may read and predict, and that is all there is at the address.
    case readAndPredict
    /// Whom a tokens file names may do what it says.
    case roles(AccessControl)
}
