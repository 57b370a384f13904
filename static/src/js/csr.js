// Makes a key and a CSR in the browser, on the page where an order is configured.
//
//   <form method="post">
//     <div data-csr-maker hidden data-names="a.com,b.com" data-file="a.com.key"
//          data-busy="…" data-done="…" data-failed="…" data-unsupported="…" data-unsaved="…">
//       <select name="csr_key_type"> ecdsa-p256 | ecdsa-p384 | rsa-2048 | rsa-3072 </select>
//       <button type="button" data-csr-make>…</button>
//       <p role="status" data-csr-status></p>
//       <div data-csr-key hidden> the notice <a data-csr-save class="btn">…</a> </div>
//     </div>
//     <textarea name="csr"></textarea>
//     <button type="submit">…</button>
//   </form>
//
// All words are the page's. The key lives in one variable here and in the file
// the visitor saves: no element holds it, nothing sends it. Once a CSR was made
// here, the form can't be sent until the key was saved, unless the visitor
// replaces the CSR with another.

for (const maker of document.querySelectorAll("[data-csr-maker]")) setUp(maker);

function setUp(maker) {
  const form = maker.closest("form");
  const area = form.querySelector("textarea[name=csr]");
  const type = maker.querySelector("select[name=csr_key_type]");
  const button = maker.querySelector("[data-csr-make]");
  const status = maker.querySelector("[data-csr-status]");
  const box = maker.querySelector("[data-csr-key]");
  const save = maker.querySelector("[data-csr-save]");
  const names = maker.dataset.names.split(",").map((n) => n.trim()).filter(Boolean);
  const file = maker.dataset.file || names[0].replace("*", "_wildcard") + ".key";

  let made = null; // the CSR made last, as text
  let url = null; // of the key, while it waits to be saved
  let saved = true;

  maker.hidden = false;
  type.disabled = false;
  if (!globalThis.crypto?.subtle) {
    button.disabled = true;
    say(maker.dataset.unsupported);
    return;
  }

  function say(text) {
    status.textContent = text ?? "";
  }

  // Whether the CSR in the form is ours and its key was not saved.
  function waits() {
    return !saved && area.value.trim() === made.trim();
  }

  function guard() {
    for (const element of form.elements) {
      if (element.type === "submit") element.disabled = waits();
    }
  }

  function forget() {
    if (url) URL.revokeObjectURL(url);
    url = null;
    save.removeAttribute("href");
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    say(maker.dataset.busy);
    try {
      const { make } = await import(X509_URL);
      const { csr, key } = await make(type.value, names);
      forget();
      url = URL.createObjectURL(new Blob([key], { type: "application/x-pem-file" }));
      save.href = url;
      save.download = file;
      area.value = made = csr;
      saved = false;
      box.hidden = false;
      say(maker.dataset.done);
      guard();
      save.focus();
    } catch (error) {
      console.error(error);
      say(maker.dataset.failed);
    } finally {
      button.disabled = false;
    }
  });

  save.addEventListener("click", () => {
    if (!url) return;
    saved = true;
    guard();
    say("");
  });

  area.addEventListener("input", guard);
  form.addEventListener("submit", (event) => {
    if (!waits()) return;
    event.preventDefault();
    say(maker.dataset.unsaved);
    save.focus();
  });

  addEventListener("beforeunload", (event) => {
    if (waits()) event.preventDefault();
  });
}
