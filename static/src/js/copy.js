// Copy buttons: [data-copy="text"] or [data-copy-from="#id"].
//
// The element's data-copied is said to screen readers and shown in its
// [data-copy-label] or first span (itself, if it has no child elements) for two seconds.

const back = new WeakMap();

function region() {
  let live = document.getElementById("copy-live");
  if (!live) {
    live = document.createElement("div");
    live.id = "copy-live";
    live.className = "sr-only";
    live.setAttribute("role", "status");
    document.body.append(live);
  }
  return live;
}

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain HTTP on an address other than localhost has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copy refused");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  const text = source ? (source.value ?? source.textContent) : button.dataset.copy;
  if (text == null) return;
  try {
    await write(text);
  } catch {
    if (source) getSelection().selectAllChildren(source);
    return;
  }
  const said = button.dataset.copied;
  if (!said) return;
  const live = region();
  live.textContent = "";
  setTimeout(() => (live.textContent = said), 50);

  const label = button.querySelector("[data-copy-label], span") ?? (button.childElementCount ? null : button);
  if (!label) return;
  if (!back.has(button)) back.set(button, { text: label.textContent });
  const state = back.get(button);
  clearTimeout(state.timer);
  label.textContent = said;
  state.timer = setTimeout(() => {
    label.textContent = state.text;
    back.delete(button);
  }, 2000);
});
