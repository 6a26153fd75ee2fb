// SPDX-License-Identifier: Apache-2.0
import Glibc

/// ThreadSanitizer or AddressSanitizer, if the tests and programs were built with one of them, as
/// `make test-sanitized` does.
package enum Sanitizer {
    /// Under one memory tells nothing: it keeps what was freed, and books of what was not.
    package static let isPresent =
        dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil

    /// How many times as long as usual something may take.
    package static let patience = isPresent ? 4 : 1
}
