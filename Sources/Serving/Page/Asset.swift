// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// A file of the page that a browser shows of this server. They are bytes of the program; a page
/// needs nothing from elsewhere and works without a network.
///
/// They hold nothing about models, so anybody who reaches administration may have them: what their
/// scripts ask for afterwards takes the roles that it always takes.
enum Asset: String, CaseIterable {
    case page = "index.html"
    case documentation = "docs.html"
    case style = "martlet.css"
    case accessScript = "access.js"
    case chartsScript = "charts.js"
    case documentationScript = "docs.js"
    case elementsScript = "dom.js"
    case metricsScript = "metrics.js"
    case modelsScript = "models.js"
    case pageScript = "page.js"
    case rolloutsScript = "rollouts.js"
    case serverScript = "server.js"
    case serviceScript = "service.js"
    case trialScript = "trial.js"
    case wordsScript = "words.js"

    /// Those that are named under `/assets/`; the others are pages, with paths of their own.
    init?(name: String) {
        guard let asset = Asset(rawValue: name), asset.contentType != .html else { return nil }
        self = asset
    }

    var contentType: HTTPResponse.ContentType {
        switch self {
        case .page, .documentation: .html
        case .style: .css
        default: .javascript
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .page: PackageResources.index_html
        case .documentation: PackageResources.docs_html
        case .style: PackageResources.martlet_css
        case .accessScript: PackageResources.access_js
        case .chartsScript: PackageResources.charts_js
        case .documentationScript: PackageResources.docs_js
        case .elementsScript: PackageResources.dom_js
        case .metricsScript: PackageResources.metrics_js
        case .modelsScript: PackageResources.models_js
        case .pageScript: PackageResources.page_js
        case .rolloutsScript: PackageResources.rollouts_js
        case .serverScript: PackageResources.server_js
        case .serviceScript: PackageResources.service_js
        case .trialScript: PackageResources.trial_js
        case .wordsScript: PackageResources.words_js
        }
    }
}

extension HTTPResponse {
    /// Sends a file of the page. A browser is told to load nothing from elsewhere, to run no script
    /// but these, to send no form, and to show the page in no other site's frame (Content Security
    /// Policy Level 3).
    mutating func set(_ asset: Asset) {
        contentType = asset.contentType
        body += asset.bytes
        appendField("Cache-Control", "no-cache")
        appendField("X-Content-Type-Options", "nosniff")
        appendField("Referrer-Policy", "no-referrer")
        guard asset.contentType == .html else { return }
        appendField(
            "Content-Security-Policy",
            """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
            connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """)
    }
}
