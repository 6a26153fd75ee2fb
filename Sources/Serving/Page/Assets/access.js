// SPDX-License-Identifier: Apache-2.0
/** Where a server asks who somebody is: a field for a token, and a way to forget it. */
import { h, show } from "./dom.js";
import { token } from "./server.js";

/**
 * @param refusal the last answer that was about access, if any.
 * @param retry is called when the token has changed.
 */
export function showAccess(host, refusal, retry) {
  show(host, token.get() && forgetButton(retry), refusal && form(refusal, retry));
}

function forgetButton(retry) {
  const forget = () => {
    token.forget();
    retry();
  };
  return h("button", { key: "forget", type: "button", onclick: forget }, "Forget the token");
}

function form(refusal, retry) {
  const submit = (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    token.set(field.value.trim());
    field.value = "";
    retry();
  };
  const heading = refusal.status === 403 ? "This role is too little. " : "Who are you? ";
  return h("form", { key: "token", class: "token", onsubmit: submit },
    h("p", { id: "token-reason", role: "alert" }, h("strong", null, heading),
      refusal.message, " This page takes the role viewer, and predictor to try predictions."),
    h("label", { for: "token" }, "Token"),
    h("input", {
      id: "token", name: "token", type: "password", required: true, autocomplete: "off",
      spellcheck: "false", "aria-describedby": "token-reason token-use",
    }),
    h("button", { type: "submit" }, "Use"),
    h("p", { id: "token-use", class: "hint" },
      "It is kept until this tab is closed, and sent to this server only."));
}
