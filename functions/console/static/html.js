// Preact and htm as the views use them: html`<${Table} rows=${rows} />`. There is no other way to make elements, so every
// text is escaped by the browser.
//
//   import {html, useState} from "../html.js";

import htm from "./vendor/htm.js";
import {h} from "./vendor/preact.js";

export const html = htm.bind(h);

export {Component, Fragment, createContext, render} from "./vendor/preact.js";
export {useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState} from "./vendor/hooks.js";
