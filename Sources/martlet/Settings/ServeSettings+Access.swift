// SPDX-License-Identifier: Apache-2.0
package import HTTPServer

extension ServeSettings {
    func checkAccess() throws(SettingError) {
        if let adminAddress, adminAddress == http.address, adminAddress.port != 0 {
            throw .conflict("admin-listen", "is the address of listen")
        }
        guard !forbidsSelfPromotion || tokensPath != nil else {
            throw .conflict(
                "forbid-self-promotion",
                "needs tokens-file beside it: without names nobody can be told from a publisher")
        }
    }

    /// Refuses to let whoever reaches this machine administer the server, unless that is asked for.
    ///
    /// - Parameter address: the one that predictions are served at.
    package func checkExposure(servingAt address: SocketAddress) throws(SettingError) {
        let administration = adminAddress ?? address
        guard tokensPath == nil, !allowsInsecureAdministration, !administration.isLoopback else {
            return
        }
        let name = adminAddress == nil ? "listen" : "admin-listen"
        throw .conflict(
            name,
            "is \(administration), where others could administer this server unasked. Give "
                + "--tokens-file PATH, so that only known callers may; or --admin-listen "
                + "127.0.0.1:9090, so that only this machine may; or --insecure-admin, if everybody "
                + "who reaches it shall")
    }
}
