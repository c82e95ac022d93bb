// Saves a text as a file of the person's own: a Blob, so that nothing leaves the browser.

export function download(name, text, type = "application/json") {
  const link = document.createElement("a"), url = URL.createObjectURL(new Blob([text], {type}));
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after the click has returned
}
