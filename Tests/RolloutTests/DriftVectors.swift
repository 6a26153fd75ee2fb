// SPDX-License-Identifier: Apache-2.0

/// What SciPy 1.17.1 says of pairs of binned counts; written by `Tests/Peers/drift_vectors.py`.
enum DriftVectors {
    struct Distance: Sendable {
        let window: [UInt64]
        let reference: [UInt64]
        let stabilityIndex: Double
        let jensenShannon: Double
        let jensenShannonBinary: Double
        let kolmogorov: Double
        /// The upper tail of chi-square at the scaled index.
        let probability: Double
    }

    /// Events and rows of the window, then of the reference, and the two-sided probability.
    struct Share: Sendable {
        let window: [UInt64]
        let reference: [UInt64]
        let probability: Double
    }

    static let distances: [Distance] = [
        .init(
            window: [50, 50],
            reference: [60, 40],
            stabilityIndex: 0.03973677137864379,
            jensenShannon: 0.07041684707502109,
            jensenShannonBinary: 0.08457925297789641,
            kolmogorov: 0.09999999999999998,
            probability: 0.1586718276600506),
        .init(
            window: [7, 0],
            reference: [0, 9],
            stabilityIndex: 5.016584147488427,
            jensenShannon: 0.6905907634041647,
            jensenShannonBinary: 0.8294840412256835,
            kolmogorov: 1.0,
            probability: 8.813247720189874e-06),
        .init(
            window: [63, 141],
            reference: [1282, 2107],
            stabilityIndex: 0.020881987272179665,
            jensenShannon: 0.05105869913491965,
            jensenShannonBinary: 0.061327747694437315,
            kolmogorov: 0.06945914984465312,
            probability: 0.04501548360737187),
        .init(
            window: [72, 132],
            reference: [1252, 2137],
            stabilityIndex: 0.0010830298782716092,
            jensenShannon: 0.011634887022707754,
            jensenShannonBinary: 0.013974923526672943,
            kolmogorov: 0.016489334004478107,
            probability: 0.6480291886955261),
        .init(
            window: [396, 1237, 1101],
            reference: [3208, 9484, 4230],
            stabilityIndex: 0.10792170511110066,
            jensenShannon: 0.11573681038212913,
            jensenShannonBinary: 0.13901407647144354,
            kolmogorov: 0.15273620424777845,
            probability: 6.930634322137146e-56),
        .init(
            window: [538, 1551, 645],
            reference: [3129, 9535, 4258],
            stabilityIndex: 0.001777441336753391,
            jensenShannon: 0.014904472982755322,
            jensenShannonBinary: 0.017902096490739636,
            kolmogorov: 0.015707034651955776,
            probability: 0.12346459266523442),
        .init(
            window: [82, 217, 503, 323],
            reference: [1645, 5336, 9208, 3943],
            stabilityIndex: 0.058902355765073564,
            jensenShannon: 0.08558317724802238,
            jensenShannonBinary: 0.10279587200774232,
            kolmogorov: 0.09125376956531339,
            probability: 1.512786874738493e-13),
        .init(
            window: [93, 277, 544, 211],
            reference: [1577, 5497, 9287, 3771],
            stabilityIndex: 0.004048669288716959,
            jensenShannon: 0.022492524241769823,
            jensenShannonBinary: 0.027016274896962185,
            kolmogorov: 0.02249199726251183,
            probability: 0.22952219328523094),
        .init(
            window: [109, 119, 734, 40, 220],
            reference: [1842, 2058, 9384, 595, 3648],
            stabilityIndex: 0.017627485217341973,
            jensenShannon: 0.04692014812832154,
            jensenShannonBinary: 0.05635684134050661,
            kolmogorov: 0.03593445772746037,
            probability: 0.00046927661948828844),
        .init(
            window: [129, 142, 663, 37, 251],
            reference: [1832, 2109, 9276, 577, 3733],
            stabilityIndex: 0.0008914332483299769,
            jensenShannon: 0.010555610033857177,
            jensenShannonBinary: 0.012678579750076953,
            kolmogorov: 0.010227101567028218,
            probability: 0.9070035931585555),
        .init(
            window: [267, 340, 660, 106, 157, 38],
            reference: [6920, 11113, 14893, 3354, 5131, 1790],
            stabilityIndex: 0.03595671904879476,
            jensenShannon: 0.06691207276805063,
            jensenShannonBinary: 0.08036959002005517,
            kolmogorov: 0.04587743091264418,
            probability: 1.7298423472672726e-10),
        .init(
            window: [260, 400, 538, 136, 177, 57],
            reference: [7074, 11215, 14870, 3220, 5152, 1670],
            stabilityIndex: 0.002460736346503874,
            jensenShannon: 0.01753150797211333,
            jensenShannonBinary: 0.02105748708512361,
            kolmogorov: 0.008678317395336088,
            probability: 0.5899010389812742),
        .init(
            window: [1423, 195, 423, 745, 842, 378, 559],
            reference: [5324, 999, 2370, 2179, 4696, 2364, 2882],
            stabilityIndex: 0.06189486283736845,
            jensenShannon: 0.08775162190582636,
            jensenShannonBinary: 0.10540043947844395,
            kolmogorov: 0.08795499616853641,
            probability: 3.2772121828980554e-47),
        .init(
            window: [1142, 222, 510, 507, 1100, 509, 575],
            reference: [5296, 965, 2330, 2159, 4817, 2362, 2885],
            stabilityIndex: 0.0023146911161918823,
            jensenShannon: 0.017007699298447358,
            jensenShannonBinary: 0.020428328749266703,
            kolmogorov: 0.014631012848269287,
            probability: 0.19325621596993434),
        .init(
            window: [362, 155, 191, 288, 59, 761, 363, 567],
            reference: [7861, 3434, 1607, 2372, 1168, 14318, 5975, 12666],
            stabilityIndex: 0.09312322112739452,
            jensenShannon: 0.10684666058892096,
            jensenShannonBinary: 0.12833591833735297,
            kolmogorov: 0.05352537086945447,
            probability: 1.23433938807161e-48),
        .init(
            window: [448, 184, 91, 137, 74, 796, 299, 717],
            reference: [7839, 3489, 1539, 2371, 1144, 14232, 5995, 12792],
            stabilityIndex: 0.002507457173765011,
            jensenShannon: 0.0176992934946833,
            jensenShannonBinary: 0.021259018036152346,
            kolmogorov: 0.010303228747400417,
            probability: 0.4801831972245624),
        .init(
            window: [149, 400, 149, 264, 49, 125, 40, 186, 242],
            reference: [4158, 12579, 3278, 8188, 1410, 3250, 881, 6123, 1689],
            stabilityIndex: 0.1720356258980136,
            jensenShannon: 0.14250995340600048,
            jensenShannonBinary: 0.17117189851106002,
            kolmogorov: 0.11022886762303019,
            probability: 8.089049766780973e-53),
        .init(
            window: [167, 465, 135, 346, 53, 123, 26, 238, 51],
            reference: [4222, 12687, 3250, 8136, 1438, 3110, 859, 6191, 1663],
            stabilityIndex: 0.006087156025811888,
            jensenShannon: 0.02756916966502849,
            jensenShannonBinary: 0.03311394747630134,
            kolmogorov: 0.013284840646482832,
            probability: 0.3096099196811964),
        .init(
            window: [137, 5, 44, 81, 227, 185, 52, 95, 5, 233],
            reference: [1320, 134, 617, 1442, 2859, 2811, 761, 1427, 139, 1985],
            stabilityIndex: 0.06430001638678876,
            jensenShannon: 0.08937363219406698,
            jensenShannonBinary: 0.10734867238293193,
            kolmogorov: 0.07189344702994982,
            probability: 2.930882335025219e-10),
        .init(
            window: [112, 11, 35, 123, 244, 207, 63, 101, 11, 157],
            reference: [1321, 158, 612, 1393, 2866, 2875, 731, 1424, 143, 1972],
            stabilityIndex: 0.010378909675203808,
            jensenShannon: 0.035988042188699415,
            jensenShannonBinary: 0.043226043921199025,
            kolmogorov: 0.022876406466332544,
            probability: 0.3317116692470798),
        .init(
            window: [113, 7, 132, 298, 96, 151, 21, 272, 47, 9, 205],
            reference: [1363, 179, 323, 2557, 866, 1443, 278, 2571, 421, 85, 2417],
            stabilityIndex: 0.12438381551803043,
            jensenShannon: 0.12122717630902313,
            jensenShannonBinary: 0.1456086780186735,
            kolmogorov: 0.055225827962650964,
            probability: 1.7010973630513725e-27),
        .init(
            window: [154, 22, 27, 274, 96, 143, 37, 300, 66, 6, 226],
            reference: [1416, 180, 271, 2591, 832, 1439, 229, 2532, 474, 83, 2456],
            stabilityIndex: 0.015370588677464454,
            jensenShannon: 0.043770931095398743,
            jensenShannonBinary: 0.05257424619213106,
            kolmogorov: 0.031346614488318436,
            probability: 0.04368304572114117),
        .init(
            window: [101, 397, 592, 544, 628, 64, 361, 441, 197, 140, 521, 491],
            reference: [550, 2207, 1571, 1159, 3800, 328, 2143, 2460, 1189, 657, 1938, 2616],
            stabilityIndex: 0.11826694953616373,
            jensenShannon: 0.12072131711272449,
            jensenShannonBinary: 0.1450010792023085,
            kolmogorov: 0.0988498613742223,
            probability: 2.214703495872708e-86),
        .init(
            window: [118, 487, 344, 227, 766, 69, 435, 590, 255, 145, 436, 605],
            reference: [555, 2184, 1598, 1154, 3811, 335, 2149, 2517, 1114, 572, 2000, 2629],
            stabilityIndex: 0.004277035324385019,
            jensenShannon: 0.02311776105034337,
            jensenShannonBinary: 0.027767260838537994,
            kolmogorov: 0.02528843329026753,
            probability: 0.1513679107971709),
        .init(
            window: [6, 103, 94, 417, 366, 238, 146, 223, 378, 116, 234, 285, 188],
            reference: [6, 129, 118, 646, 169, 173, 183, 248, 488, 187, 252, 442, 272],
            stabilityIndex: 0.12179881466944353,
            jensenShannon: 0.12191270662696295,
            jensenShannonBinary: 0.14643208384545353,
            kolmogorov: 0.06547178303038659,
            probability: 4.815296306154278e-33),
        .init(
            window: [5, 111, 141, 521, 197, 120, 164, 208, 395, 144, 208, 344, 236],
            reference: [12, 141, 130, 608, 214, 147, 178, 292, 481, 166, 272, 416, 256],
            stabilityIndex: 0.0091030754605903,
            jensenShannon: 0.03367465212855333,
            jensenShannonBinary: 0.04044737927969372,
            kolmogorov: 0.018975485608957676,
            probability: 0.3138101439567649),
        .init(
            window: [101, 200, 451, 273, 293, 319, 223, 334, 533, 112, 700, 382, 230, 90],
            reference: [
                598, 926, 1437, 1643, 1685, 728, 1316, 2188, 3452, 860, 2816, 2604, 1520, 309,
            ],
            stabilityIndex: 0.09894664923308996,
            jensenShannon: 0.11048606978284822,
            jensenShannonBinary: 0.13270729427492245,
            kolmogorov: 0.06822373985317765,
            probability: 2.9101119934767853e-67),
        .init(
            window: [125, 180, 279, 300, 315, 147, 245, 440, 681, 176, 529, 455, 307, 62],
            reference: [
                604, 917, 1425, 1680, 1689, 760, 1440, 2140, 3364, 842, 2875, 2589, 1453, 304,
            ],
            stabilityIndex: 0.004559139952540109,
            jensenShannon: 0.0238685938312719,
            jensenShannonBinary: 0.028669102916962702,
            kolmogorov: 0.010460816761071912,
            probability: 0.23744726257720988),
        .init(
            window: [49, 31, 4, 58, 83, 166, 72, 13, 35, 77, 25, 18, 66, 68, 30],
            reference: [
                186, 751, 144, 940, 1550, 3092, 751, 285, 863, 1706, 256, 525, 808, 800, 812,
            ],
            stabilityIndex: 0.15924741453130525,
            jensenShannon: 0.13811304873205724,
            jensenShannonBinary: 0.1658906777778889,
            kolmogorov: 0.04782573167081549,
            probability: 7.722723232302963e-19),
        .init(
            window: [9, 48, 9, 46, 107, 187, 40, 14, 62, 99, 10, 27, 47, 43, 47],
            reference: [
                172, 751, 158, 897, 1525, 3082, 732, 276, 890, 1810, 266, 500, 855, 781, 774,
            ],
            stabilityIndex: 0.01222750001058925,
            jensenShannon: 0.039051172039561204,
            jensenShannonBinary: 0.04690523782609181,
            kolmogorov: 0.026787157652022664,
            probability: 0.8194108460100797),
        .init(
            window: [113, 83, 106, 33, 39, 39, 144, 33, 50, 67, 58, 127, 55, 124, 60, 209],
            reference: [
                1677, 780, 2103, 665, 782, 925, 2649, 977, 1184, 1499, 1341, 2536, 1527, 2557, 1325,
                1462,
            ],
            stabilityIndex: 0.1465165741139135,
            jensenShannon: 0.13365193481277,
            jensenShannonBinary: 0.16053233388128388,
            kolmogorov: 0.09502554964557763,
            probability: 1.4987751253868177e-31),
        .init(
            window: [91, 44, 133, 40, 39, 46, 157, 55, 65, 74, 73, 147, 94, 138, 67, 77],
            reference: [
                1590, 722, 2188, 737, 743, 960, 2465, 961, 1252, 1433, 1352, 2505, 1637, 2563, 1380,
                1501,
            ],
            stabilityIndex: 0.006300583739407331,
            jensenShannon: 0.028056086563485988,
            jensenShannonBinary: 0.03369879427425544,
            kolmogorov: 0.01937781806711164,
            probability: 0.923937879978031),
        .init(
            window: [140, 60, 213, 46, 52, 66, 25, 118, 61, 73, 164, 49, 24, 194, 58, 98, 28],
            reference: [
                1336, 608, 582, 329, 480, 466, 271, 1374, 694, 811, 1209, 353, 153, 1285, 492, 1057,
                341,
            ],
            stabilityIndex: 0.15377594360671648,
            jensenShannon: 0.1364124095509056,
            jensenShannonBinary: 0.16384800194814747,
            kolmogorov: 0.07178091330275915,
            probability: 5.060791557023649e-34),
        .init(
            window: [191, 76, 88, 42, 66, 60, 31, 160, 80, 102, 137, 42, 13, 135, 64, 139, 43],
            reference: [
                1358, 566, 610, 322, 535, 484, 263, 1338, 670, 830, 1245, 345, 159, 1266, 510, 971,
                369,
            ],
            stabilityIndex: 0.011127792876545192,
            jensenShannon: 0.037266438084198425,
            jensenShannonBinary: 0.0447615538785835,
            kolmogorov: 0.029056027076255264,
            probability: 0.5583610188908706),
        .init(
            window: [
                114, 112, 58, 105, 218, 109, 46, 60, 175, 58, 177, 40, 12, 108, 136, 166, 203, 35,
            ],
            reference: [
                127, 9, 53, 121, 141, 84, 35, 84, 103, 18, 162, 63, 10, 78, 133, 74, 175, 28,
            ],
            stabilityIndex: 0.21856331470957555,
            jensenShannon: 0.15741115706180367,
            jensenShannonBinary: 0.18907006813993582,
            kolmogorov: 0.028709777287591165,
            probability: 3.795342173758424e-30),
        .init(
            window: [
                167, 25, 56, 144, 204, 128, 32, 80, 122, 25, 207, 73, 22, 117, 162, 97, 219, 52,
            ],
            reference: [
                114, 17, 37, 120, 169, 103, 31, 60, 87, 12, 165, 48, 15, 77, 132, 97, 172, 42,
            ],
            stabilityIndex: 0.013305059402587175,
            jensenShannon: 0.040726608767620326,
            jensenShannonBinary: 0.04891764242466747,
            kolmogorov: 0.02140051469592308,
            probability: 0.8445538259278029),
        .init(
            window: [
                124, 58, 442, 419, 105, 156, 117, 303, 246, 296, 333, 101, 204, 385, 569, 144, 81,
                348, 157,
            ],
            reference: [
                469, 172, 1722, 1174, 353, 547, 340, 1060, 873, 732, 823, 179, 494, 223, 1936, 298,
                260, 1046, 538,
            ],
            stabilityIndex: 0.14363113943317463,
            jensenShannon: 0.12908600970513898,
            jensenShannonBinary: 0.15504809891766758,
            kolmogorov: 0.07745486983880878,
            probability: 1.7767418880858487e-92),
        .init(
            window: [
                187, 49, 576, 395, 131, 196, 122, 341, 313, 258, 283, 83, 141, 78, 712, 90, 107,
                354, 172,
            ],
            reference: [
                458, 177, 1678, 1228, 327, 571, 350, 1056, 845, 733, 852, 209, 432, 221, 1957, 303,
                285, 965, 592,
            ],
            stabilityIndex: 0.006411269216771762,
            jensenShannon: 0.028296984279918242,
            jensenShannonBinary: 0.0339881419196877,
            kolmogorov: 0.007227266300532276,
            probability: 0.23895699121233044),
        .init(
            window: [
                31, 62, 122, 86, 155, 99, 132, 154, 54, 214, 50, 46, 168, 47, 220, 134, 98, 19, 55,
                142,
            ],
            reference: [
                90, 287, 362, 357, 427, 274, 553, 658, 207, 872, 206, 107, 307, 194, 557, 459, 489,
                37, 233, 508,
            ],
            stabilityIndex: 0.0696834787149165,
            jensenShannon: 0.09295507782357637,
            jensenShannonBinary: 0.11165042698438594,
            kolmogorov: 0.04250132264973683,
            probability: 2.493200052678115e-15),
        .init(
            window: [
                51, 73, 104, 105, 150, 68, 186, 177, 45, 242, 74, 30, 94, 50, 162, 122, 146, 24, 66,
                119,
            ],
            reference: [
                107, 260, 426, 360, 452, 274, 526, 630, 203, 844, 193, 116, 349, 205, 511, 453, 480,
                70, 250, 475,
            ],
            stabilityIndex: 0.020045605522457034,
            jensenShannon: 0.04996590353365725,
            jensenShannonBinary: 0.06001516640953778,
            kolmogorov: 0.01819763373695482,
            probability: 0.027943286232124415),
    ]

    static let shares: [Share] = [
        .init(window: [0, 200], reference: [3, 5000], probability: 0.7289593719955019),
        .init(window: [12, 1000], reference: [20, 5000], probability: 0.001520489287299999),
        .init(window: [60, 1000], reference: [50, 1000], probability: 0.32668325124120545),
        .init(window: [1000, 1000], reference: [999, 1000], probability: 0.31718949224672377),
        .init(window: [3, 1000], reference: [0, 100000], probability: 3.279668357149381e-67),
        .init(window: [500, 1000], reference: [100, 5000], probability: 0.0),
        .init(window: [1, 200], reference: [25, 5000], probability: 1.0),
    ]
}
