// htmx reads its settings when it is evaluated, so they are put in place before
// it is imported. A page may set its own <meta name="htmx-config">.
//
// includeIndicatorCSS: the rules are in css/button.css; no sheet is made at run time.
if (!document.querySelector('meta[name="htmx-config"]')) {
  const meta = document.createElement("meta");
  meta.name = "htmx-config";
  meta.content = JSON.stringify({ includeIndicatorCSS: false, mode: "same-origin" });
  document.head.append(meta);
}
