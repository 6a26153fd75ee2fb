// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

/// Numbers that CatBoost 1.2.10 wrote for these texts, one for each branch of the hash.
struct CityHashTests {
    @Test(
        arguments: [
            ("h", Int32(1076941191)),
            ("TP", Int32(-1811042162)),
            ("nAy", Int32(-95388328)),
            ("JQfb", Int32(-836400811)),
            ("TxPayMm", Int32(615459345)),
            ("ZWbbDYul", Int32(-290649862)),
            ("wblxAmmly", Int32(41285818)),
            ("pbTEIk UgrMMYwS", Int32(-1854957689)),
            ("KqFVTBFbnRwjDLKu", Int32(1157416854)),
            ("xBQCvAbcL GvjB PD", Int32(1032304997)),
            ("UmBZFyoDZaQSVNRCExdUEkBAtsDHHyb", Int32(-585040541)),
            ("mjFURRSnTKeaaOnfHsdiCjoMyrzbuwkf", Int32(1653305633)),
            ("WBlGSbahMiMKDléRBmJvFrIdqéVqUqYOw", Int32(905178743)),
            ("naVcSZEjUéMBuslKxkfJpArVWakr QslKTYsVLA mNejXlOGTt", Int32(-1912018712)),
            ("spUGZVhDfcdUQSsHQuEmeoWEXyoQSaKegVcm wgjnOfXuéXpnzfJca pGyqdXéég", Int32(164210331)),
            ("lHéDLJnDqnep yJIYvqrrTWqsDFGnbndDdeIpQAUiBQeZjP SrfBXpWhXbrWRWTOL", Int32(204914781)),
            (
                "jxiMKndéRDDTyvsnbIwEdthgnSvvHmaCBJxLNmAzmwEWXoIcdBViPVqLTuLN"
                    + "GUWZEjnlEOcKMsBiNcéRHoXZhPTJLyXéuRxirgXZ",
                Int32(-1482753081)
            ),
            (
                "gGwgpnOakxbHGTlpDoFnKQRéDAUPEupfRgODéPéhBEqBtCaxyqvQKAIulaoG"
                    + "VSB yTwO qjHCtavwvUFNWOAOIJIvHIYQTPSGsoMVDiSAzcBOwtJbBZLvLGl"
                    + "lVoeSCtB",
                Int32(534275434)
            ),
            (
                "NjJMSoGmEjQUrméMTbWHrxPQkHiéxXNGoChhMtOmMMqfvAfkcGVlbMSéHsTg"
                    + "LfvAujmSyFlMrGX cRUruFXvVOiXahJduhyTWbdTcogebIOLTJvIéIndYFsG"
                    + "ECdtwkVwJMOMOnéiXUUceRzt cCxgvMVbCeRebuNqhQRUqwnErsQZFfJy MT"
                    + "LCWSpitCfsFcSJqqtrOB",
                Int32(-1516291426)
            ),
        ] as [(String, Int32)])
    func tellsTextsApartAsCatBoost(_ text: String, _ hash: Int32) throws {
        let dictionary = try #require(CategoryDictionary(cityHashes: [7, hash]))
        #expect(dictionary.code(of: text) == 1)
        #expect(dictionary.code(of: text + ".") == dictionary.otherCode)
        // Not only at the start of a text.
        let bytes = Array("ab\(text)c".utf8)
        let code = dictionary.code(of: 2..<bytes.count - 1, in: bytes.span)
        #expect(code == 1)
    }

    @Test func refusesAHashThatOccursTwice() {
        #expect(CategoryDictionary(cityHashes: [1, 2, 1]) == nil)
    }
}
