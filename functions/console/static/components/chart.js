// A chart, drawn by uPlot, which is loaded when the first one is shown.
//
//   html`<${Chart} title="Tokens per day" times=${[…seconds]} series=${[{label: "openai", values: […]}]} unit="tokens" />`
//
// Its data is also a table for those who cannot see it. `kind="bars"` draws bars; `height` is in pixels; `daily`: the times are
// days of UTC.

import {html, useEffect, useRef, useState} from "../html.js";
import {shared, useShared} from "../state.js";

const COLOURS = {
  light: ["#3451c6", "#b3541e", "#1d7a3a", "#8a3ab9", "#0b7285", "#a61e4d", "#5c6370", "#7a6a00"],
  dark: ["#93a9ff", "#ffb27a", "#6fd08c", "#d5a6ff", "#66d9e8", "#ff9ebf", "#b8bfcc", "#e6d66a"],
};

const TRIES = 3, PAUSE_MS = 1000;

let loaded;

/** uPlot, which its own file makes a global. */
function library() {
  loaded ??= Promise.all([
    added("script", {src: new URL("../vendor/uplot.js", import.meta.url)}),
    added("link", {rel: "stylesheet", href: new URL("../vendor/uplot.css", import.meta.url)}),
  ]).then(() => globalThis.uPlot, error => { loaded = undefined; throw error; });
  return loaded;
}

/** Adds an element that loads a file. A browser breaks requests off when its network changes, so it is added again. */
async function added(tag, values) {
  for (let tries = 1; ; tries++) {
    const element = Object.assign(document.createElement(tag), values);
    const loads = new Promise(resolve => { element.onload = () => resolve(true); element.onerror = () => resolve(false); });
    document.head.append(element);
    if (await loads) return;
    element.remove();
    if (tries === TRIES) throw new Error("uPlot cannot be loaded");
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}

/** Whether dark colours are shown. */
export function isDark(theme = shared.theme) {
  return theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** The places of values between two gaps: they are seen as points, because no line reaches them. */
function alone(chart, index) {
  const values = chart.data[index];
  return values.flatMap((value, at) => (value != null && values[at - 1] == null && values[at + 1] == null ? [at] : []));
}

const utcDay = (seconds, year) => new Date(seconds * 1000).toLocaleDateString("en-GB", {day: "numeric", month: "short", year, timeZone: "UTC"});

/** What a chart of whole days has instead of times in the reader's zone. */
const DAILY = {axis: {values: (_, times) => times.map(time => utcDay(time)), incrs: [1, 2, 4, 7, 14, 28].map(days => days * 86_400)}, series: {label: "Day", value: (_, time) => (time == null ? "–" : utcDay(time, "numeric"))}};

/** The width of an axis that has room for its longest text. */
const widthOf = (_, texts) => Math.max(64, 20 + 7 * Math.max(0, ...(texts ?? []).map(text => text.length)));

function options(uPlot, {times, series, unit, kind, height, width, dark, format, daily}) {
  const colours = COLOURS[dark ? "dark" : "light"], lines = dark ? "#2b303c" : "#e1e4ea", text = dark ? "#a0a8b8" : "#596172";
  const axis = {stroke: text, grid: {stroke: lines, width: 1}, ticks: {stroke: lines, width: 1}, font: "12px system-ui, sans-serif"};
  const value = (_, number) => (number == null ? "–" : `${format(number)}${unit ? ` ${unit}` : ""}`);
  return {
    width, height, cursor: {y: false},
    ...(daily ? {tzDate: time => uPlot.tzDate(new Date(time * 1000), "Etc/UTC")} : {}),
    axes: [{...axis, ...(daily ? DAILY.axis : {})}, {...axis, size: widthOf, values: (_, numbers) => numbers.map(format)}],
    scales: {y: {range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1]}},
    series: [daily ? DAILY.series : {}, ...series.map((one, index) => ({
      label: one.label, value, stroke: colours[index % colours.length], width: 2, spanGaps: false,
      points: {show: true, size: 6, filter: alone},
      ...(kind === "bars" ? {fill: `${colours[index % colours.length]}99`, paths: uPlot.paths.bars({size: [0.6, 48]}), points: {show: false}} : {}),
    }))],
  };
}

export function Chart({title, times, series, unit = "", kind = "line", height = 220, daily, format = number => number.toLocaleString("en")}) {
  const place = useRef(null), [failed, setFailed] = useState(false), {theme} = useShared();
  useEffect(() => {
    let chart, observer, gone = false;
    library().then(uPlot => {
      if (gone) return;
      const width = Math.max(240, place.current.clientWidth);
      chart = new uPlot(options(uPlot, {times, series, unit, kind, height, width, dark: isDark(theme), format, daily}), [times, ...series.map(one => one.values)], place.current);
      observer = new ResizeObserver(([entry]) => chart.setSize({width: Math.max(240, entry.contentRect.width), height}));
      observer.observe(place.current);
    }, () => setFailed(true));
    return () => { gone = true; observer?.disconnect(); chart?.destroy(); };
  }, [times, series, theme, kind, height, unit, daily]);
  return html`<figure class="stack">
    <figcaption class="label">${title}</figcaption>
    ${failed && html`<p class="muted">The chart cannot be drawn; its numbers are below.</p>`}
    <div class="chart" ref=${place} aria-hidden="true" />
    <details class="small"><summary>${title} as a table</summary>
      <div class="table-frame" tabindex="0" role="region" aria-label=${title}><table>
        <thead><tr><th scope="col">Time</th>${series.map(one => html`<th scope="col" class="number">${one.label}</th>`)}</tr></thead>
        <tbody>${times.map((time, index) => html`<tr key=${time}><td>${new Date(time * 1000).toISOString().slice(0, daily ? 10 : 16).replace("T", " ")}</td>
          ${series.map(one => html`<td class="number">${one.values[index] == null ? "–" : format(one.values[index])}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </figure>`;
}
