// Loads the modules a few at a time, then starts the console. A browser would ask for all of them at once, and each
// request needs a Lambda execution of its own: a new AWS account has ten. What is loaded here comes from the browser's
// cache when main.js imports it.

const AT_ONCE = 6; // as browsers do over HTTP/1.1
const TRIES = 3;

const script = document.querySelector("script[data-modules]");
const waiting = script.dataset.modules.split(" ").filter(name => name !== "vendor/uplot.js"); // charts load it

async function load() {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    await loaded(name);
  }
}

/** A browser breaks its requests off when its network changes, as a laptop's does: so each is tried again. */
async function loaded(name) {
  for (let tries = 1; ; tries++) {
    try {
      return await (await fetch(new URL(name, import.meta.url))).text();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

try {
  await Promise.all(Array.from({length: AT_ONCE}, load));
  await import("./main.js");
} catch {
  document.querySelector("#app").textContent = "The console could not be loaded. Reload the page to try again.";
}
