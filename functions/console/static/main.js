// Starts the console: draws the shell, and learns what the key may do.

import {learnAccess} from "./access.js";
import {Shell} from "./components/shell.js";
import {html, render} from "./html.js";
import {startRouter} from "./router.js";
import {applyTheme, watchConnection} from "./state.js";

applyTheme();
watchConnection();
startRouter();
const root = document.querySelector("#app");
root.replaceChildren();
render(html`<${Shell} />`, root);
learnAccess();
