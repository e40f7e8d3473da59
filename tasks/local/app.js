// What the pages do by themselves. Everything listens on the document, so that it also holds for
// content that arrives later.
"use strict";

// A form with data-live is sent in the background; the answer's <main> and header take the place
// of this page's.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-live]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const response = await fetch(form.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of ["#main", ".top-end"]) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (old && fresh) old.replaceWith(document.adoptNode(fresh));
  }
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (target.closest("[data-close]")) target.closest("dialog").close();

  const tab = target.closest("[role=tab]");
  if (tab) {
    for (const other of tab.parentElement.children) {
      const shown = other === tab;
      other.setAttribute("aria-selected", String(shown));
      document.getElementById(other.getAttribute("aria-controls")).hidden = !shown;
    }
  }

  // A menu closes with the next click anywhere.
  for (const menu of document.querySelectorAll(".menu:not([hidden])")) menu.hidden = true;
  const button = target.closest("[data-menu]");
  if (button) {
    const box = button.getBoundingClientRect();
    show_menu(button.dataset.menu, box.left, box.bottom + 4);
  }
});

document.addEventListener("contextmenu", (event) => {
  const row = event.target.closest("[data-context]");
  if (!row) return;
  event.preventDefault();
  for (const menu of document.querySelectorAll(".menu:not([hidden])")) menu.hidden = true;
  show_menu(row.dataset.context, event.clientX, event.clientY);
});

function show_menu(id, x, y) {
  const menu = document.getElementById(id);
  menu.hidden = false;
  const box = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8)) + scrollX}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - box.height - 8)) + scrollY}px`;
}

// A dialog with data-now stands on the screen as soon as the page does.
document.querySelector("dialog[data-now]")?.showModal();
