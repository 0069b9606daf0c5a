"use strict";
// Keys of the coding form. They work only while the focus is inside the form, so that no other key press codes anything.
(() => {
  const form = document.querySelector("form[data-keys]");
  if (!form) return;
  const boxes = new Map();
  for (const box of form.querySelectorAll("input[data-key]")) boxes.set(box.dataset.key, box);
  const button = (value) => form.querySelector(`button[value="${value}"]`);
  const back = document.querySelector("a.goes-back");
  const help = document.querySelector("details.keys");
  let begun = "";
  let sent = false;

  const press = (name) => {
    const found = button(name);
    if (found && !sent) found.click();
  };
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // A page that comes back from the browser's memory may be sent again.
  window.addEventListener("pageshow", () => { sent = false; });

  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter") {
      if (event.target.closest("button, a, summary")) return;
      event.preventDefault();
      press("save");
      return;
    }
    const typed = begun + key;
    begun = "";
    if (boxes.has(typed)) {
      event.preventDefault();
      boxes.get(typed).click();
    } else if (key === "0") {
      begun = "0";
    } else if (key === "=") {
      event.preventDefault();
      press("same");
    } else if ((key === "u" || key === "Backspace") && back) {
      event.preventDefault();
      back.click();
    } else if (key === "?") {
      event.preventDefault();
      help.open = !help.open;
    }
  });
  if (!form.contains(document.activeElement)) form.focus({ preventScroll: true });
})();
