// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// A file of the page that a browser shows of this server. They are bytes of the program; a page
/// needs nothing from elsewhere and works without a network.
///
/// They hold nothing about models, so anybody who reaches administration may have them: what their
/// scripts ask for afterwards takes the roles that it always takes.
enum Asset {
    case page, documentation, style, pageScript, documentationScript

    /// Those that are named under `/assets/`; the others are pages, with paths of their own.
    init?(name: String) {
        switch name {
        case "martlet.css": self = .style
        case "page.js": self = .pageScript
        case "docs.js": self = .documentationScript
        default: return nil
        }
    }

    var contentType: HTTPResponse.ContentType {
        switch self {
        case .page, .documentation: .html
        case .style: .css
        case .pageScript, .documentationScript: .javascript
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .page: PackageResources.index_html
        case .documentation: PackageResources.docs_html
        case .style: PackageResources.martlet_css
        case .pageScript: PackageResources.page_js
        case .documentationScript: PackageResources.docs_js
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
