// An enhancement only: without it the form does all that it has to.
"use strict";

const form = document.querySelector("form");
const fields = [document.getElementById("password"), document.getElementById("confirm")];
const reveal = document.getElementById("reveal");
const passphrase = document.getElementById("passphrase");
const usePassphrase = document.getElementById("use-passphrase");

const show = (shown) => {
  reveal.checked = shown;
  for (const field of fields) field.type = shown ? "text" : "password";
};

document.getElementById("reveal-label").hidden = false;
reveal.addEventListener("change", () => show(reveal.checked));

if (usePassphrase) {
  usePassphrase.hidden = false;
  usePassphrase.addEventListener("click", () => {
    for (const field of fields) field.value = passphrase.textContent;
    show(true);
    fields[0].focus();
  });
}

// A second click would meet a link that the first one has just used up.
let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) {
    event.preventDefault();
    return;
  }
  sent = true;
  // Password managers save from password fields only.
  show(false);
});
window.addEventListener("pageshow", () => {
  sent = false;
  show(reveal.checked);
});
