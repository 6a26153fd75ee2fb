// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Logging
import Serving

/// An address with what is to be found there.
struct Site {
    var configuration: HTTPServerConfiguration
    var context: ServiceContext
}

extension ServeSettings {
    /// Connections of administration: people, scripts and scrapers.
    private static let adminConnectionsMax = 256

    /// The address of predictions, then that of administration if it has one of its own, which has
    /// a loop of its own too: it answers while the others are busy.
    ///
    /// - Parameters:
    ///   - configuration: of the first.
    ///   - context: what their services have in common.
    ///   - address: where the first listens, which may be an inherited socket's.
    func sites(
        _ configuration: HTTPServerConfiguration, _ context: ServiceContext,
        at address: SocketAddress, _ access: AccessControl?
    ) -> [Site] {
        var predictions = Site(configuration: configuration, context: context)
        if let access { predictions.context.access = .roles(access) }
        guard let adminAddress else { return [predictions] }
        var administration = predictions
        administration.context.surface = .administration
        // It is not from here that clients come without end.
        administration.context.rateLimiter = nil
        administration.configuration.address = adminAddress
        administration.configuration.firstLoopIndex = configuration.loopCount
        administration.configuration.loopCount = 1
        administration.configuration.connectionCountMax = min(
            configuration.connectionCountMax, Self.adminConnectionsMax)
        predictions.context.surface = .predictions
        if access == nil, !allowsInsecureAdministration, !address.isLoopback {
            predictions.context.access = .readAndPredict
        }
        return [predictions, administration]
    }
}

extension Server {
    /// Says aloud what somebody might not have meant.
    static func warn(_ settings: ServeSettings, at address: SocketAddress, _ logger: Logger) {
        guard settings.tokensPath != nil else {
            if settings.allowsInsecureAdministration {
                logger.warning("everybody who reaches this server may administer it")
            }
            return
        }
        let isExposed = !address.isLoopback || settings.adminAddress?.isLoopback == false
        if settings.tls == nil, isExposed {
            logger.warning("tokens travel in the clear: there is no TLS")
        }
    }
}
