// The difference of two texts, line by line, so that versions of an agent can be compared in the page.

const CONTEXT = 3;

/** The lines of both texts in order: [{kind: "same" | "removed" | "added", text}]. */
export function lineDiff(before, after) {
  const from = before.split("\n");
  const to = after.split("\n");
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
  let end = 0;
  while (end < from.length - start && end < to.length - start && from.at(-1 - end) === to.at(-1 - end)) end += 1;
  const changed = middle(from.slice(start, from.length - end), to.slice(start, to.length - end));
  const same = lines => lines.map(text => ({kind: "same", text}));
  return [...same(from.slice(0, start)), ...changed, ...same(end ? from.slice(-end) : [])];
}

/** The difference by a longest common subsequence, removed lines before added ones. */
function middle(from, to) {
  const common = lengths(from, to);
  const lines = [];
  let [left, right] = [0, 0];
  while (left < from.length || right < to.length) {
    if (left < from.length && right < to.length && from[left] === to[right]) {
      lines.push({kind: "same", text: from[left]});
      left += 1;
      right += 1;
    } else if (right === to.length || (left < from.length && common[left + 1][right] >= common[left][right + 1])) {
      lines.push({kind: "removed", text: from[left]});
      left += 1;
    } else {
      lines.push({kind: "added", text: to[right]});
      right += 1;
    }
  }
  return lines;
}

/** lengths[i][j]: how many lines the texts have in common from line i and line j on. */
function lengths(from, to) {
  const table = Array.from({length: from.length + 1}, () => new Uint32Array(to.length + 1));
  for (let left = from.length - 1; left >= 0; left -= 1) {
    for (let right = to.length - 1; right >= 0; right -= 1) {
      table[left][right] = from[left] === to[right]
        ? table[left + 1][right + 1] + 1
        : Math.max(table[left + 1][right], table[left][right + 1]);
    }
  }
  return table;
}

/** The same without unchanged lines that are far from a change; {kind: "gap", text} stands for them. */
export function withoutFarLines(lines) {
  const near = new Set();
  lines.forEach((line, index) => {
    if (line.kind === "same") return;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at += 1) near.add(at);
  });
  const shown = [];
  let left = 0;
  lines.forEach((line, index) => {
    if (!near.has(index)) left += 1;
    if (left && (near.has(index) || index === lines.length - 1)) {
      shown.push({kind: "gap", text: left === 1 ? "1 unchanged line" : `${left} unchanged lines`});
      left = 0;
    }
    if (near.has(index)) shown.push(line);
  });
  return shown;
}
