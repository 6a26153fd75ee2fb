// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// Begins this server's life.
    ///
    /// A life that did not end before this one began has crashed, for whatever reason: a killed
    /// process leaves no other trace. The crash counts for each rollout that was active in it. So
    /// a candidate that leaks memory is found even where each life is hours long.
    ///
    /// - Returns: for each of the active rollouts how many lives in a row have crashed with it,
    ///   where any has.
    package func beginLife(activeRollouts: [Int]) throws(FeedbackError) -> [Int: Int] {
        try write { database in
            let hasCrashed = try Bool.fetchOne(
                database, sql: "SELECT count(*) FROM life WHERE server = ?", arguments: [server])
            try database.execute(
                sql: """
                    UPDATE active_rollout SET crashes = CASE WHEN ? THEN crashes + 1 ELSE 0 END
                    WHERE server = ?
                    """, arguments: [hasCrashed == true, server])
            try setActive(activeRollouts, database)
            try database.execute(
                sql: "INSERT INTO life VALUES (?) ON CONFLICT DO NOTHING", arguments: [server])
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT rollout, crashes FROM active_rollout WHERE server = ? AND crashes > 0",
                arguments: [server])
            return try Dictionary(
                rows.map {
                    (try $0.decode(forColumn: "rollout"), try $0.decode(forColumn: "crashes"))
                },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// Ends it as it should end: the next one follows no crash.
    package func endLife() throws(FeedbackError) {
        try write { database in
            try database.execute(sql: "DELETE FROM life WHERE server = ?", arguments: [server])
        }
    }

    /// Tells which rollouts are active now: a crash from here on counts for these.
    package func rolloutsActive(_ rollouts: [Int]) throws(FeedbackError) {
        try write { try setActive(rollouts, $0) }
    }

    private func setActive(_ rollouts: [Int], _ database: Database) throws {
        let known = try Set(
            Int.fetchAll(
                database, sql: "SELECT rollout FROM active_rollout WHERE server = ?",
                arguments: [server]))
        for rollout in known.subtracting(rollouts) {
            try database.execute(
                sql: "DELETE FROM active_rollout WHERE server = ? AND rollout = ?",
                arguments: [server, rollout])
        }
        for rollout in Set(rollouts).subtracting(known) {
            try database.execute(
                sql: "INSERT INTO active_rollout VALUES (?, ?, 0)", arguments: [server, rollout])
        }
    }
}
