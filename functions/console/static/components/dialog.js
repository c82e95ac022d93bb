// A dialog over the page; the browser keeps the focus in it and closes it with Escape. While what it does is under way
// (`busy`) it stays, because its result, such as a new key, could not be seen otherwise.
//
//   html`${open && html`<${Dialog} title="New agent" busy=${busy} onClose=${() => setOpen(false)}>…<//>`}`
//   html`<${Confirm} title="Delete it?" action="Delete" onConfirm=${async () => …} onClose=${close}>What follows.<//>`
//   html`<${DialogFoot}><${Button} …/><//>` holds its buttons

import {html, useEffect, useId, useRef, useState} from "../html.js";
import {Button} from "./button.js";
import {ErrorBanner} from "./feedback.js";

export function Dialog({title, onClose, busy, wide, children}) {
  const element = useRef(null), id = useId();
  useEffect(() => {
    const before = document.activeElement, dialog = element.current;
    dialog.showModal();
    return () => {
      dialog.close(); // as long as it is open, nothing behind it takes the focus
      before?.focus?.();
    };
  }, []);
  /** A browser lets no page hold off a second Escape. */
  function closed() {
    if (!element.current?.isConnected) return;
    if (busy) element.current.showModal();
    else onClose();
  }
  return html`<dialog ref=${element} class=${wide ? "wide" : ""} aria-labelledby=${id} onClose=${closed}
      onCancel=${event => { event.preventDefault(); if (!busy) onClose(); }}>
    <div class="dialog-head">
      <h2 id=${id}>${title}</h2>
      <${Button} kind="quiet" icon="close" label="Close" disabled=${busy} onClick=${onClose} />
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
  return html`<${Dialog} title=${title} busy=${busy} onClose=${onClose}>
    <p>${children}</p>
    <${ErrorBanner} error=${error} />
    <${DialogFoot}>
      <${Button} disabled=${busy} onClick=${onClose}>Cancel<//>
      <${Button} kind="danger" busy=${busy} disabled=${busy} onClick=${confirm}>${action}<//>
    <//>
  <//>`;
}
