// form[data-once] is sent once: its submit buttons go grey after the first
// submit. The server's form token is what makes it safe; this only saves the
// visitor a puzzling second click.

const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  // After the browser has read the form: a disabled button's value is not sent.
  setTimeout(() => mark(form, true));
});

// Back from the history cache: the form is as it was left, so open it again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-once]")) {
    sent.delete(form);
    mark(form, false);
  }
});

function mark(form, busy) {
  for (const button of form.elements) {
    if (button.type !== "submit") continue;
    if (busy && !button.disabled) {
      button.disabled = true;
      button.dataset.onceOff = "";
    } else if (!busy && "onceOff" in button.dataset) {
      button.disabled = false;
      delete button.dataset.onceOff;
    }
  }
  form.toggleAttribute("aria-busy", busy);
}
