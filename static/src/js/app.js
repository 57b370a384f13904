import "./config.js";
import "htmx.org/dist/htmx.esm.js";
import "./copy.js";
import "./dialog.js";
import "./once.js";
import "./print.js";
import "./search.js";
