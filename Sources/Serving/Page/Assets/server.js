// SPDX-License-Identifier: Apache-2.0
/** Asks the server that this page came from, and nobody else. */
const root = new URL("..", import.meta.url);
const TOKEN = "martlet-token";
const PATIENCE_MILLISECONDS = 10_000;

/** An answer that says no: a problem by RFC 9457, which has a type, or a proxy's word. */
export class Refusal extends Error {
  constructor(status, problem, retryAfterSeconds) {
    super(problem.detail ?? problem.title ?? `The answer was ${status}.`);
    this.status = status;
    this.type = problem.type?.replace("urn:martlet:problem:", "");
    this.path = problem.path;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get isAboutAccess() {
    return this.status === 401 || this.status === 403;
  }
}

/** The token lives as long as the tab, and goes nowhere but into a field of requests. */
export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (text) => sessionStorage.setItem(TOKEN, text),
  forget: () => sessionStorage.removeItem(TOKEN),
};

/**
 * A document: parsed if it is JSON, else its text. With a body it is asked by POST.
 *
 * A server that is not ready says so by 503 and a document, which is as good an answer as any.
 *
 * @throws {Refusal} where the answer is a problem, and a TypeError or DOMException where none came.
 */
export async function ask(path, body) {
  const secret = token.get();
  const response = await fetch(new URL(path, root), {
    method: body === undefined ? "GET" : "POST",
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      Accept: "application/json, text/plain;q=0.9, application/problem+json",
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(secret && { Authorization: `Bearer ${secret}` }),
    },
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
  });
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/json")) return response.json();
  if (response.ok) return response.text();
  const isProblem = type.startsWith("application/problem+json");
  throw new Refusal(
    response.status,
    isProblem ? await response.json() : {},
    Number(response.headers.get("Retry-After")) || undefined);
}
