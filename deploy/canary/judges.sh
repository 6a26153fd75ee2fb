# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Who says whether the canary is good: a server's rollout, Prometheus, or both. A judge sets
# `verdict` (pass, fail, inconclusive, or lost when it gave no answer) and `why`. Only what says so
# in full is a pass: an empty answer, NaN or a shape unknown here never is.

judge() {
    verdict=pass why=
    if [ -n "$rollout" ]; then judge_by_rollout; fi
    told=$why first=$verdict
    if [ -n "$prometheus" ] && [ "$verdict" != fail ]; then
        judge_by_prometheus
        why="$told${told:+; }$why"
        # fail outweighs lost, that inconclusive, that pass.
        case $verdict,$first in
            fail,* | lost,* | *,pass) ;;
            *) verdict=$first ;;
        esac
    fi
}

judge_by_rollout() {
    path=/rollouts/$rollout/verdict
    if ! answer=$(http "$token_file" "$ca_file" --fail "$admin$path" 2>&1); then
        verdict=lost why="rollout $rollout: no answer: $answer"
        return
    fi
    verdict=$(printf '%s' "$answer" | jq -r '.verdict | strings' 2> /dev/null) || verdict=
    case $verdict in
        pass | fail | inconclusive)
            at=$(printf '%s' "$answer" | jq -r '.state | strings' 2> /dev/null) || at=
            why="rollout $rollout: $verdict${at:+ ($at)}"
            ;;
        *) verdict=lost why="rollout $rollout: an answer that is no verdict" ;;
    esac
}

# One vector, so that all figures are of the same moment, each under its name.
measure() { printf 'label_replace(%s,"measure","%s","","")' "$2" "$1"; }

# How much a counter has grown in the window. increase() would pass over what a series begins with,
# and the series of a status begins with its first failures.
growth() { # SELECTOR
    printf '(sum((%s-%s offset %ss)>=0 or %s) or vector(0))' "$1" "$1" "$window_seconds" "$1"
}

# Answers of 4xx count as failures too, and what is refused before its route is known, by a rate
# limit or as a body that is too large: the same clients ask both, so where the canary refuses more
# it is the canary's doing.
arm_query() { # ARM, SELECTOR
    requests="http_requests_total{route=~\".*predict|unmatched\",$2}"
    failures="http_requests_total{route=~\".*predict|unmatched\",code=~\"[45]..\",$2}"
    unread="http_parse_errors_total{$2}"
    buckets="http_request_duration_seconds_bucket{route=~\".*predict\",$2}[${window_seconds}s]"
    measure "$1_requests" "$(growth "$requests")+$(growth "$unread")"
    printf ' or %s' "$(measure "$1_failures" "$(growth "$failures")+$(growth "$unread")")"
    printf ' or %s' "$(measure "$1_p95" "histogram_quantile(0.95,sum by(le)(rate($buckets)))")"
    printf ' or %s' "$(measure "$1_up" "count(up{$2}==1)")"
    printf ' or %s' "$(measure "$1_age" "max(time()-timestamp(up{$2}))")"
}

prometheus_query() {
    printf '%s or %s' "$(arm_query stable "$stable_selector")" \
        "$(arm_query canary "$canary_selector")"
}

judge_by_prometheus() {
    if ! answer=$(http "$prometheus_token_file" "$prometheus_ca_file" --fail \
        --data-urlencode "query=$(prometheus_query)" "$prometheus/api/v1/query" 2>&1); then
        verdict=lost why="Prometheus: no answer: $answer"
        return
    fi
    # Two lines of text for each figure that is a finite number; others are as if absent.
    # jq takes no document for one that it need not judge.
    if [ -z "$answer" ] || ! figures=$(printf '%s' "$answer" | jq -er '
        if .status == "success" and .data.resultType == "vector"
            and (.data.result | map(.metric.measure) | length == (unique | length)) then
            [.data.result[] | select(.value[1] | test("^[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?$"))
                | "\(.metric.measure) \(.value[1])"] | join("\n")
        else error("no vector") end' 2> /dev/null); then
        verdict=lost why='Prometheus: an answer that is no vector'
        return
    fi
    why=$(printf '%s\n' "$figures" | weigh) || why='inconclusive nobody could weigh the figures'
    verdict=${why%% *} why="Prometheus: ${why#* }"
}

# Figures on standard input; writes the verdict's word, and why. What convicts needs no full sample:
# five failures beyond what is tolerated are enough. What acquits does.
weigh() {
    awk -v least="$requests_min" -v tolerance="$error_tolerance" -v times="$p95_ratio" \
        -v slack="$p95_slack_seconds" -v replicas="$canary_replicas" -v window="$window_seconds" '
        { figure[$1] = $2 + 0 }
        function tell(verdict, why) {
            print verdict, why
            exit
        }
        function arm(name) {
            return sprintf("%s %d requests, %d failed, p95 %.1f ms", name,
                figure[name "_requests"], figure[name "_failures"], figure[name "_p95"] * 1000)
        }
        END {
            # First of all: to name a figure makes it one.
            count = split("canary_requests canary_p95 canary_up canary_age " \
                "stable_requests stable_p95 stable_up stable_age", names, " ")
            for (i = 1; i <= count; i++) if (!(names[i] in figure)) unknown = names[i]
            failures = figure["canary_failures"]
            ratio = figure["canary_requests"] > 0 ? failures / figure["canary_requests"] : 0
            fine = figure["stable_requests"] > 0 \
                ? figure["stable_failures"] / figure["stable_requests"] : 0
            summary = arm("canary") "; " arm("stable")
            # What chance does to a share of so many requests, by three standard deviations.
            if (figure["canary_requests"] > 0)
                luck = 3 * sqrt(fine * (1 - fine) / figure["canary_requests"])
            if (failures >= 5 && ratio > fine + tolerance + luck) tell("fail", "errors: " summary)
            if (unknown) tell("inconclusive", "nothing known of " unknown)
            if (figure["canary_requests"] < least || figure["stable_requests"] < least)
                tell("inconclusive", "fewer than " least " requests: " summary)
            if (fine > 0.5) tell("inconclusive", "the stable one fails too: " summary)
            if (figure["canary_p95"] > figure["stable_p95"] * times \
                && figure["canary_p95"] > figure["stable_p95"] + slack)
                tell("fail", "slow: " summary)
            if (figure["canary_up"] < replicas)
                tell("inconclusive", figure["canary_up"] " of " replicas " canaries are scraped")
            if (figure["canary_age"] > window || figure["stable_age"] > window)
                tell("inconclusive", "the last scrape is too long ago")
            if (ratio > fine + tolerance + luck) tell("inconclusive", "some errors: " summary)
            tell("pass", summary)
        }'
}
