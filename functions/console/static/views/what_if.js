// The view "What if": a stored turn or a whole session answered once more by a changed agent (#/what-if/<agent>/<session>/<answer>),
// and what recorded turns would have cost at another model.

import {Page} from "../components/page.js";
import {Tabs} from "../components/tabs.js";
import {html, useState} from "../html.js";
import {may} from "../state.js";
import {Prices} from "./what_if/prices.js";
import {Stored} from "./what_if/stored.js";

export function WhatIf() {
  const tabs = {stored: "A stored session", ...(may("usage") ? {prices: "Recorded turns"} : {})}, [tab, setTab] = useState("stored");
  return html`<${Page} title="What if" about="Another model, other instructions or other rules, beside what really happened.">
    <${Tabs} label="What to try" tabs=${tabs} shown=${tab} show=${setTab}>
      ${tab === "prices" ? html`<${Prices} />` : html`<${Stored} />`}
    <//>
  <//>`;
}
