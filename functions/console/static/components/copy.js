// A button that copies a text: html`<${Copy} text=${id} label="Copy the id" />`. `text` may be a function that makes it.

import {html, useState} from "../html.js";
import {notify} from "../state.js";
import {Button} from "./button.js";

export function Copy({text, label = "Copy", children, ...rest}) {
  const [done, setDone] = useState(false);
  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      setDone(true);
      setTimeout(() => setDone(false), 2000);
      notify("Copied.");
    } catch {
      notify("The browser does not allow copying here.", "error");
    }
  }
  return html`<${Button} kind="quiet" small icon=${done ? "check" : "copy"} label=${label} onClick=${copy} ...${rest}>${children}<//>`;
}
