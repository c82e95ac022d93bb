// The frame around every view: navigation, theme, key, banners and notices.

import {html, useEffect, useRef, useState} from "../html.js";
import {href} from "../router.js";
import {applyTheme, dismiss, may, takeKey, useShared} from "../state.js";
import {VIEWS} from "../views.js";
import {Button} from "./button.js";
import {Empty} from "./feedback.js";
import {Icon} from "./icons.js";
import {KeyDialog} from "./key_dialog.js";

const THEMES = {auto: ["light", "auto", "Theme: the system's"], light: ["dark", "sun", "Theme: light"], dark: ["auto", "moon", "Theme: dark"]};

export function Shell() {
  const {place, asksKey, offline, notices} = useShared();
  const [open, setOpen] = useState(false), [entering, setEntering] = useState(false), main = useRef(null);
  const views = VIEWS.filter(view => may(view.scope));
  const found = VIEWS.find(view => view.name === place.view);
  const title = found?.title ?? "Not found";
  useEffect(() => {
    document.title = `${title} · AgentOS console`;
    setOpen(false);
  }, [place.view]);
  useEffect(() => {
    const close = event => event.key === "Escape" && setOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, []);
  return html`<div class="shell">
    <a class="skip" href="#main" onClick=${event => { event.preventDefault(); main.current.focus(); }}>Skip to the content</a>
    <header class="top">
      <${Button} kind="quiet" icon="menu" label="Menu" aria-expanded=${open ? "true" : "false"} aria-controls="side" onClick=${() => setOpen(!open)} />
      <strong class="ellipsis">${title}</strong>
    </header>
    ${open && html`<button class="veil" aria-label="Close the menu" onClick=${() => setOpen(false)} />`}
    <aside class=${open ? "side open" : "side"} id="side">
      <p class="brand"><img src=${new URL("../icon.svg", import.meta.url)} alt="" /> AgentOS</p>
      <nav aria-label="Views"><ul>${views.map(view => html`<li key=${view.name}>
        <a href=${href(view.name)} aria-current=${view === found ? "page" : undefined}><${Icon} name=${view.icon} />${view.title}</a>
      </li>`)}</ul></nav>
      <${SideFoot} onKey=${() => setEntering(true)} />
    </aside>
    <div class="main">
      ${offline && html`<div class="banner warn wide" role="status"><${Icon} name="warn" />The API cannot be reached. What you see may be old.</div>`}
      <main id="main" tabindex="-1" ref=${main}>${found && may(found.scope)
        ? html`<${found.View} key=${found.name} />`
        : found ? html`<${Empty} icon="access" title="Your key does not allow this">It lacks the scope ${found.scope}.<//>`
        : html`<${Empty} title="There is no such view">Choose one in the menu.<//>`}</main>
    </div>
    ${(asksKey || entering) && html`<${KeyDialog} why=${asksKey} onClose=${() => setEntering(false)} />`}
    <div class="notices" role="status" aria-live="polite">${notices.map(one => html`<div key=${one.id} class="notice ${one.kind}">
      <p>${one.text}</p><${Button} kind="quiet" small icon="close" label="Dismiss" onClick=${() => dismiss(one.id)} />
    </div>`)}</div>
  </div>`;
}

function SideFoot({onKey}) {
  const {key, credentials, theme} = useShared(), shown = key || credentials?.accessKey;
  const [next, icon, label] = THEMES[theme] ?? THEMES.auto;
  return html`<div class="side-foot">
    ${shown && html`<p class="small muted ellipsis" title="The key of this tab">Key ${shown.slice(0, 9)}…</p>`}
    <div class="row">
      <${Button} small onClick=${onKey} icon="access">${shown ? "Change key" : "Enter a key"}<//>
      ${shown && html`<${Button} small kind="quiet" onClick=${() => takeKey("")}>Forget<//>`}
      <${Button} small kind="quiet" icon=${icon} label=${label} onClick=${() => applyTheme(next)} />
    </div>
  </div>`;
}
