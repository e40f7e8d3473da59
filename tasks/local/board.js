// Cards that can be dragged from column to column.
"use strict";

let lifted = null;

const column_at = (event) =>
  document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-column]");

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-card]");
  if (!card || event.button !== 0) return;
  event.preventDefault();
  const box = card.getBoundingClientRect();
  lifted = { card, dx: event.clientX - box.left, dy: event.clientY - box.top };
});

document.addEventListener("pointermove", (event) => {
  if (!lifted) return;
  const { card, dx, dy } = lifted;
  card.style.width = `${card.offsetWidth}px`;
  card.classList.add("lifted");
  card.style.left = `${event.clientX - dx}px`;
  card.style.top = `${event.clientY - dy}px`;
  for (const column of document.querySelectorAll(".column.over")) column.classList.remove("over");
  column_at(event)?.classList.add("over");
});

document.addEventListener("pointerup", async (event) => {
  if (!lifted) return;
  const { card } = lifted;
  lifted = null;
  const column = column_at(event);
  for (const over of document.querySelectorAll(".column.over")) over.classList.remove("over");
  card.classList.remove("lifted");
  card.removeAttribute("style");
  if (!column || column === card.parentElement) return;
  column.append(card);
  const body = new URLSearchParams({ card: card.dataset.card, column: column.dataset.column });
  await fetch(document.querySelector("[data-move]").dataset.move, { method: "POST", body });
});
