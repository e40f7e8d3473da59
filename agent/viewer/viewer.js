// Comfort only: everything on the page can be read without this script.
(() => {
  "use strict";
  const stops = [...document.querySelectorAll("article.step")];
  const links = new Map([...document.querySelectorAll(".thumb")].map((link) => [link.hash.slice(1), link]));
  const strip = document.querySelector(".strip");
  let current = -1;

  /** The stop whose top has passed the strip last. */
  function stopInView() {
    const edge = strip.getBoundingClientRect().bottom + 40;
    const atBottom = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    if (atBottom && scrollY > 0) return stops.length - 1;
    const next = stops.findIndex((stop) => stop.getBoundingClientRect().top > edge);
    return next < 0 ? stops.length - 1 : next - 1;
  }

  function follow() {
    const index = Math.max(0, stopInView());
    if (index === current) return;
    links.get(stops[current]?.id)?.removeAttribute("aria-current");
    current = index;
    const link = links.get(stops[current].id);
    link.setAttribute("aria-current", "step");
    const row = link.closest("ol");
    row.scrollTo({ left: link.offsetLeft - (row.clientWidth - link.clientWidth) / 2 });
  }

  function go(index) {
    const stop = stops[Math.min(Math.max(index, 0), stops.length - 1)];
    stop.scrollIntoView({ block: "start" });
    stop.focus({ preventScroll: true });
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case "ArrowRight": case "j": go(stopInView() + 1); break;
      case "ArrowLeft": case "k": go(stopInView() - 1); break;
      case "Home": go(0); break;
      case "End": go(stops.length - 1); break;
      default: return;
    }
    event.preventDefault();
  });

  for (const picture of document.querySelectorAll(".picture"))
    picture.addEventListener("click", () => picture.closest(".step").classList.toggle("wide"));

  addEventListener("scroll", follow, { passive: true });
  addEventListener("resize", follow, { passive: true });
  const keys = document.querySelector(".keys");
  const [back, on] = keys.querySelectorAll("button");
  back.addEventListener("click", () => go(stopInView() - 1));
  on.addEventListener("click", () => go(stopInView() + 1));
  keys.hidden = false;
  follow();
})();
