// Loads the modules a few at a time, then starts the console. A browser would ask for all of them at once, and each
// request needs a Lambda execution of its own: a new AWS account has ten. What is loaded here comes from the browser's
// cache when main.js imports it.

const AT_ONCE = 6; // as browsers do over HTTP/1.1
const TRIES = 7, PAUSE_MS = 250; // doubled each time: 16 s in all
const LOADS = 3, LOAD_PAUSE_MS = 1000; // of the page itself

const script = document.querySelector("script[data-modules]");
const waiting = script.dataset.modules.split(" ").filter(name => name !== "vendor/uplot.js"); // charts load it

async function load() {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    await loaded(name);
  }
}

/** A browser breaks its requests off when its network changes, and a busy API refuses some: so each is tried again. */
async function loaded(name) {
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(new URL(name, import.meta.url));
      if (!response.ok) throw new Error(`status ${response.status}`);
      return await response.text();
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS * 2 ** (tries - 1)));
    }
  }
}

/** The page once more, since nothing else makes a browser load again what failed: a style, a module, or an old page's. */
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
  if ([...document.querySelectorAll("link[rel=stylesheet]")].some(link => !link.sheet?.cssRules.length)) throw new Error("no style");
  await import("./main.js");
  history.replaceState(null, "");
} catch {
  loadAgain();
}
