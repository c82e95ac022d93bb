// Draws Markdown that a model or a user wrote, as elements: html`<${Markdown} text=${text} />`.
//
// marked only splits the text into tokens. Each token becomes an element here, and every text in it stays a text: markup in
// it is shown as it was written. Links may lead to http, https and mailto; images are never loaded, but shown as links.

import {html} from "../html.js";
import {Lexer} from "../vendor/marked.js";
import {Code} from "./code.js";

const LONGEST = 200_000; // characters; what is longer is shown as it is, because splitting it would take seconds
const DEEPEST = 8; // quotes and lists within each other; a phone has no room for more

export function Markdown({text}) {
  if (text.length > LONGEST) return html`<div class="markdown"><p class="plain">${text}</p></div>`;
  return html`<div class="markdown">${blocks(new Lexer({gfm: true, breaks: true}).lex(text), 0)}</div>`;
}

function blocks(tokens = [], depth) {
  if (depth > DEEPEST) return tokens.map(token => token.raw);
  return tokens.map((token, index) => block(token, index, depth));
}

function block(token, key, depth) {
  switch (token.type) {
    case "space": case "def": return null;
    case "heading": return html`<p key=${key} class="heading level-${Math.min(token.depth, 4)}">${inline(token.tokens, depth)}</p>`;
    case "paragraph": return html`<p key=${key}>${inline(token.tokens, depth)}</p>`;
    case "text": return html`<span key=${key}>${token.tokens ? inline(token.tokens, depth) : unescaped(token.text)}</span>`;
    case "code": return html`<${Code} key=${key} text=${token.text} language=${token.lang ?? ""} />`;
    case "blockquote": return html`<blockquote key=${key}>${blocks(token.tokens, depth + 1)}</blockquote>`;
    case "hr": return html`<hr key=${key} />`;
    case "list": return list(token, key, depth);
    case "table": return table(token, key, depth);
    default: return html`<p key=${key} class="plain">${token.raw}</p>`; // markup, and what is unknown
  }
}

function list(token, key, depth) {
  const items = token.items.map((item, index) => html`<li key=${index}>
    ${item.task && html`<input type="checkbox" disabled checked=${item.checked} aria-label=${item.checked ? "done" : "open"} />`}
    ${blocks(item.tokens.filter(one => one.type !== "checkbox"), depth + 1)}
  </li>`);
  return token.ordered ? html`<ol key=${key} start=${token.start || 1}>${items}</ol>` : html`<ul key=${key}>${items}</ul>`;
}

function table(token, key, depth) {
  const classes = token.align.map(align => (align === "right" ? "number" : align === "center" ? "center" : ""));
  return html`<div key=${key} class="table-frame" tabindex="0" role="region" aria-label="A table"><table>
    <thead><tr>${token.header.map((cell, index) => html`<th key=${index} scope="col" class=${classes[index]}>${inline(cell.tokens, depth)}</th>`)}</tr></thead>
    <tbody>${token.rows.map((row, line) => html`<tr key=${line}>
      ${row.map((cell, index) => html`<td key=${index} class=${classes[index]}>${inline(cell.tokens, depth)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function inline(tokens = [], depth) {
  if (depth > DEEPEST) return tokens.map(token => token.raw);
  return tokens.map((token, key) => {
    const inner = () => inline(token.tokens, depth + 1);
    switch (token.type) {
      case "strong": return html`<strong key=${key}>${inner()}</strong>`;
      case "em": return html`<em key=${key}>${inner()}</em>`;
      case "del": return html`<del key=${key}>${inner()}</del>`;
      case "codespan": return html`<code key=${key}>${token.text}</code>`;
      case "br": return html`<br key=${key} />`;
      case "link": return link(token.href, inner(), key);
      case "image": return link(token.href, `image: ${token.text || token.href}`, key);
      case "escape": case "text": return token.tokens ? html`<span key=${key}>${inner()}</span>` : unescaped(token.text);
      default: return token.raw;
    }
  });
}

/** A link that leaves the page, or its text where its address is of another kind. */
function link(address, shown, key) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return html`<span key=${key}>${shown}</span>`;
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return html`<span key=${key}>${shown}</span>`;
  return html`<a key=${key} href=${url.href} target="_blank" rel="noopener noreferrer">${shown}</a>`;
}

const ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'"};

/** The five entities, which people write for the characters that Markdown takes as markup. */
function unescaped(text) {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, found => ENTITIES[found]);
}
