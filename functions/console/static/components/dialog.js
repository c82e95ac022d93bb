// A dialog over the page; the browser keeps the focus in it and closes it with Escape.
//
//   html`${open && html`<${Dialog} title="New agent" onClose=${() => setOpen(false)}>…<//>`}`
//   html`<${Confirm} title="Delete it?" action="Delete" onConfirm=${async () => …} onClose=${close}>What follows.<//>`
//   html`<${DialogFoot}><${Button} …/><//>` holds its buttons

import {html, useEffect, useId, useRef, useState} from "../html.js";
import {Button} from "./button.js";
import {ErrorBanner} from "./feedback.js";

export function Dialog({title, onClose, wide, children}) {
  const element = useRef(null), id = useId();
  useEffect(() => {
    const before = document.activeElement, dialog = element.current;
    dialog.showModal();
    return () => {
      dialog.close(); // as long as it is open, nothing behind it takes the focus
      before?.focus?.();
    };
  }, []);
  return html`<dialog ref=${element} class=${wide ? "wide" : ""} aria-labelledby=${id}
      onCancel=${event => { event.preventDefault(); onClose(); }}>
    <div class="dialog-head">
      <h2 id=${id}>${title}</h2>
      <${Button} kind="quiet" icon="close" label="Close" onClick=${onClose} />
    </div>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

export function DialogFoot({children}) {
  return html`<div class="dialog-foot">${children}</div>`;
}

export function Confirm({title, action, onConfirm, onClose, children}) {
  const [busy, setBusy] = useState(false), [error, setError] = useState(null);
  async function confirm() {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  }
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${children}</p>
    <${ErrorBanner} error=${error} />
    <${DialogFoot}>
      <${Button} onClick=${onClose}>Cancel<//>
      <${Button} kind="danger" busy=${busy} disabled=${busy} onClick=${confirm}>${action}<//>
    <//>
  <//>`;
}
