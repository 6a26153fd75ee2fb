// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Logging
import Telemetry

extension Server {
    /// What keeps the certificates as their files have them, and tells the log of it.
    static func reloader(
        _ files: TLSFiles, _ metrics: MetricsRegistry, _ logger: Logger
    ) throws(HTTPServerError) -> TLSReloader {
        try TLSReloader(files, metrics: metrics) { event in
            switch event {
            case .loaded(let expiryUnixSeconds):
                logger.info(
                    "tls files loaded",
                    metadata: [
                        "certificate": "\(files.certificatePaths.joined(separator: ", "))",
                        "expiry_timestamp": "\(expiryUnixSeconds)",
                    ])
            case .failed(let error):
                logger.error(
                    "tls files not loaded, the old ones stay", metadata: ["reason": "\(error)"])
            }
        }
    }
}
