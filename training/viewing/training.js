// Comfort only: the value under the pointer, and updates chosen at once.
(() => {
  "use strict";
  addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
  addEventListener("pointermove", (event) => {
    const chart = event.target.closest?.(".chart");
    for (const other of document.querySelectorAll(".chart.pointed")) if (other !== chart) leave(other);
    if (!chart) return;
    const steps = chart.dataset.steps.split(" ").map(Number);
    const values = chart.dataset.values.trim().split(" ").map(Number);
    const box = chart.querySelector("svg").getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const wanted = steps[0] + share * (steps.at(-1) - steps[0]);
    let at = 0;
    steps.forEach((step, index) => { if (Math.abs(step - wanted) < Math.abs(steps[at] - wanted)) at = index; });
    const x = 100 * (steps[at] - steps[0]) / (steps.at(-1) - steps[0] || 1);
    const output = chart.querySelector("output");
    chart.dataset.last ??= output.textContent;
    output.textContent = `${steps[at]}: ${values[at]}`.replaceAll("-", "−");
    chart.querySelector(".cross").setAttribute("d", `M${x} 0V40`);
    chart.classList.add("pointed");
  }, { passive: true });
  function leave(chart) {
    chart.classList.remove("pointed");
    chart.querySelector(".cross").setAttribute("d", "");
    chart.querySelector("output").textContent = chart.dataset.last;
  }
})();
