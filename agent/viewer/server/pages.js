// Comfort only: every page can be read and every filter be used without this script.
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  const rows = [...document.querySelectorAll(".row")];
  const links = rows.map((row) => row.querySelector("a.open"));

  // Filters take effect as they are chosen; what is empty stays out of the address.
  const filters = $(".filters");
  filters?.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
  filters?.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=date]")) filters.requestSubmit();
  });

  function go(step) {
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
    const link = links[Math.min(Math.max(next, 0), rows.length - 1)];
    link.focus();
    link.closest(".row").scrollIntoView({ block: "nearest" });
  }

  const sheet = $("dialog.sheet");
  const help = $(".bar .help");
  if (help) {
    help.hidden = false;
    help.addEventListener("click", () => sheet.showModal());
  }

  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || sheet?.open) return;
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    switch (event.key) {
      case "j": case "ArrowDown": if (!rows.length) return; go(1); break;
      case "k": case "ArrowUp": if (!rows.length) return; go(-1); break;
      case "x": document.activeElement.closest(".row")?.querySelector("input[type=checkbox]")?.click(); break;
      case "/": if (!filters) return; filters.elements.q.select(); break;
      case "n": $(".pager [rel=next]")?.click(); break;
      case "p": $(".pager [rel=prev]")?.click(); break;
      case "?": sheet?.showModal(); break;
      default: return;
    }
    event.preventDefault();
  });

  // What is still being written is looked at again, as long as somebody looks.
  async function refresh(part, wait_ms) {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(location.href);
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById(part.id);
          if (fresh && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
          if (fresh && !fresh.dataset.live) return;
        }
      } catch { /* the server is gone, or not back yet */ }
    }
    setTimeout(refresh, wait_ms, part, wait_ms);
  }
  for (const part of document.querySelectorAll("[data-live]:not([data-live=''])")) {
    const wait_ms = 1000 * Number(part.dataset.live);
    setTimeout(refresh, wait_ms, part, wait_ms);
  }

  // What is not whole yet is asked for again.
  const again = $("[data-again]");
  if (again) setTimeout(() => location.reload(), 1000 * Number(again.dataset.again));
})();
