// Loads the modules a few at a time, then starts the console. A browser would ask for all of them at once, and each
// request needs a Lambda execution of its own: a new AWS account has ten. What is loaded here comes from the browser's
// cache when main.js imports it.
//
// A busy API refuses requests, and a browser breaks off those that wait for a connection when its network changes. So each
// file is tried again. This script is in the page itself, because nothing would try it again.

const AT_ONCE = 6; // as browsers do over HTTP/1.1: none waits for a connection
const TRIES = 7, PAUSE_MS = 250; // doubled each time: 16 s in all
const LOADS = 3, LOAD_PAUSE_MS = 1000; // of the page itself

const {files, modules} = document.querySelector("script[data-modules]").dataset;
const base = new URL(files, location.href);
const waiting = modules.split(" ").filter(name => name !== "vendor/uplot.js"); // charts load it

async function load() {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    await loaded(new URL(name, base));
  }
}

/** The text of a file, which the browser keeps. */
async function loaded(url) {
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return await response.text();
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS * 2 ** (tries - 1)));
    }
  }
}

/** Whether a style is there. The rules of one that could not be loaded cannot be read. */
function isStyled(link) {
  try {
    return link.sheet.cssRules.length > 0;
  } catch {
    return false;
  }
}

/** Shows a style that could not be loaded with the page. */
async function style(link) {
  await loaded(link.href);
  const again = link.cloneNode();
  await new Promise(resolve => {
    again.onload = again.onerror = resolve;
    link.replaceWith(again);
  });
  if (!isStyled(again)) throw new Error("a style cannot be loaded");
}

/** The page once more, since nothing else makes a browser load again what it did not keep: a module, or an old page's file. */
function loadAgain() {
  const loads = history.state?.loads ?? 1;
  if (loads < LOADS) {
    history.replaceState({loads: loads + 1}, "");
    setTimeout(() => location.reload(), LOAD_PAUSE_MS);
  } else {
    history.replaceState(null, "");
    document.querySelector("#app").textContent = "The console could not be loaded. Reload the page to try again.";
  }
}

try {
  await Promise.all(Array.from({length: AT_ONCE}, load));
  for (const link of document.querySelectorAll("link[rel=stylesheet]")) if (!isStyled(link)) await style(link);
  await import(new URL("main.js", base));
  history.replaceState(null, "");
} catch {
  loadAgain();
}
