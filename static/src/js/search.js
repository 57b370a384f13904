// "/" puts the cursor into the search of the top bar ([data-search], or the
// first search field), unless the visitor is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const fields = [...document.querySelectorAll("input[data-search], input[type=search]")];
  const field = fields.find((f) => f.checkVisibility?.() ?? f.offsetParent);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
