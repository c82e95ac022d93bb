// Loads the modules a few at a time, then starts the console. A browser would ask for all of them at once, and each
// request needs a Lambda execution of its own: a new AWS account has ten. What is loaded here comes from the browser's
// cache when main.js imports it.

const AT_ONCE = 6; // as browsers do over HTTP/1.1

const script = document.querySelector("script[data-modules]");
const waiting = script.dataset.modules.split(" ").filter(name => name !== "vendor/uplot.js"); // charts load it

async function load() {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    await read(name).catch(() => read(name));
  }
}

/** A page that is loaded again may share a request with the one before, which breaks off with it. So each has two tries. */
async function read(name) {
  return (await fetch(new URL(name, import.meta.url))).text();
}

try {
  await Promise.all(Array.from({length: AT_ONCE}, load));
  await import("./main.js");
} catch {
  document.querySelector("#app").textContent = "The console could not be loaded. Reload the page to try again.";
}
