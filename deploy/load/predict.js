// SPDX-License-Identifier: Apache-2.0
// Load for POST /predict with k6 (https://k6.io): a fixed rate, steps, and a spike.
//
//     k6 run -e TARGET=http://127.0.0.1:8080 -e MODEL=demo -e BODY=row.json -e RATE=1000 predict.js
//
// BODY names a file that holds one request's JSON. TOKEN_FILE names one that holds a bearer token,
// where predictions take one. `make load` measures the same without k6.
import http from 'k6/http';
import { check } from 'k6';
import { Rate } from 'k6/metrics';

const target = __ENV.TARGET || 'http://127.0.0.1:8080';
const path = __ENV.MODEL ? `/models/${encodeURIComponent(__ENV.MODEL)}/predict` : '/predict';
const rate = Number(__ENV.RATE || 1000);
const body = open(__ENV.BODY || './row.json');
const token = __ENV.TOKEN_FILE ? open(__ENV.TOKEN_FILE).trim() : null;

// A refusal for overload (429) is an answer that the server means; it counts apart from errors.
const errors = new Rate('prediction_errors');
const refusals = new Rate('prediction_refusals');

const arrival = { timeUnit: '1s', preAllocatedVUs: 50, maxVUs: 2000 };

export const options = {
  scenarios: {
    fixed: { ...arrival, executor: 'constant-arrival-rate', rate, duration: '2m' },
    steps: {
      ...arrival,
      executor: 'ramping-arrival-rate',
      startTime: '2m30s',
      startRate: Math.ceil(rate / 10),
      stages: [0.25, 0.5, 1, 1.5, 2].flatMap((share) => [
        { target: Math.ceil(rate * share), duration: '5s' },
        { target: Math.ceil(rate * share), duration: '30s' },
      ]),
    },
    spike: {
      ...arrival,
      executor: 'ramping-arrival-rate',
      startTime: '6m',
      startRate: Math.ceil(rate / 5),
      stages: [
        { target: Math.ceil(rate / 5), duration: '30s' },
        { target: rate * 3, duration: '1s' },
        { target: rate * 3, duration: '10s' },
        { target: Math.ceil(rate / 5), duration: '1s' },
        { target: Math.ceil(rate / 5), duration: '60s' },
      ],
    },
  },
  thresholds: {
    // The objectives of docs/slo.md, at the fixed rate.
    'prediction_errors{scenario:fixed}': ['rate<0.005'],
    'http_req_duration{scenario:fixed}': ['p(95)<100'],
    // Whatever is offered, nothing may fail but by a refusal that says so.
    prediction_errors: ['rate<0.01'],
  },
};

export default function () {
  const headers = { 'Content-Type': 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = http.post(`${target}${path}`, body, { headers });
  const isRefusal = answer.status === 429;
  refusals.add(isRefusal);
  errors.add(answer.status !== 200 && !isRefusal);
  check(answer, {
    'answers, or says when to come again': (it) =>
      it.status === 200 || (it.status === 429 && Number(it.headers['Retry-After']) >= 1),
    'names the version that answered': (it) =>
      it.status !== 200 || it.json('model_version') >= 1,
  });
}
