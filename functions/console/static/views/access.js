// The view "Access": keys of callers, budgets, and tenants' own keys at providers. All of it takes the scope admin.

import {Page} from "../components/page.js";
import {Tabs} from "../components/tabs.js";
import {html} from "../html.js";
import {replace} from "../router.js";
import {useShared} from "../state.js";
import {Budgets} from "./access/budgets.js";
import {Keys} from "./access/keys.js";
import {ProviderKeys} from "./access/provider_keys.js";

const TABS = {keys: "Keys", budgets: "Budgets", providers: "Providers' keys"};
const VIEWS = {keys: Keys, budgets: Budgets, providers: ProviderKeys};

export function Access() {
  const [part] = useShared().place.parts;
  const shown = part in TABS ? part : "keys";
  return html`<${Page} title="Access" about="Who may call, for how much money, and with whose keys at providers.">
    <${Tabs} label="Parts of access" tabs=${TABS} shown=${shown} show=${name => replace("access", name)}><${VIEWS[shown]} /><//>
  <//>`;
}
