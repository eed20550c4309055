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
    tellLength();
    fields[0].focus();
  });
}

// How long the password is by now: after an error the fields are empty, and dots cannot be counted. Counted as the server stores it.
const length = document.getElementById("length");
const lengthSpoken = document.getElementById("length-spoken");
let speaking;

const tellLength = () => {
  const count = [...fields[0].value.normalize("NFKC")].length;
  const text = count < Number(length.dataset.min) ? length.dataset.soFar : length.dataset.enough;
  length.hidden = count === 0;
  length.textContent = text.replace("#", count);
  // A screen reader is told when the typing stops, not at each key.
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    lengthSpoken.textContent = count === 0 ? "" : length.textContent;
  }, 1000);
};

fields[0].addEventListener("input", tellLength);

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
