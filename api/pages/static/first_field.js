// A page whose first field is scanned into again and again: it has the focus, so that nobody needs a mouse.
"use strict";
document.querySelector("main form input:not([type=hidden])")?.focus();
