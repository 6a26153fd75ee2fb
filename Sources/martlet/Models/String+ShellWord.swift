// SPDX-License-Identifier: Apache-2.0

extension String {
    /// As a POSIX shell reads it back for one word.
    var shellWord: String {
        let plain = "-_./=,:@%+"
        let isPlain = unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                || plain.unicodeScalars.contains($0)
        }
        return isPlain && !isEmpty ? self : "'\(replacing("'", with: "'\\''"))'"
    }
}
