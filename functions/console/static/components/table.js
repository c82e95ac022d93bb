// A table of rows.
//
//   const COLUMNS = [{title: "Name", cell: row => row.name}, {title: "Cost", number: true, cell: row => usd(row.costUsd)}];
//   html`<${Table} caption="Agents" columns=${COLUMNS} rows=${rows} rowKey=${row => row.agentId} />`
//   html`<${More} page=${page} busy=${busy} onMore=${loadMore} />`      shown while the page has a nextCursor

import {html} from "../html.js";
import {Button} from "./button.js";

export function Table({caption, columns, rows, rowKey}) {
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="hidden-text">${caption}</caption>
      <thead><tr>${columns.map(one => html`<th key=${one.title} scope="col" class=${one.number ? "number" : ""}>${one.title}</th>`)}</tr></thead>
      <tbody>${rows.map((row, index) => html`<tr key=${rowKey ? rowKey(row) : index}>
        ${columns.map(one => html`<td key=${one.title} class=${one.number ? "number" : ""}>${one.cell(row)}</td>`)}
      </tr>`)}</tbody>
    </table>
  </div>`;
}

export function More({page, busy, onMore}) {
  if (!page?.nextCursor) return null;
  return html`<div class="row"><${Button} busy=${busy} disabled=${busy} onClick=${onMore}>Show more<//></div>`;
}
