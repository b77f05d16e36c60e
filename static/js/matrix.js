// The matrix: Tab goes row by row and the arrows from cell to cell, one readout says which camera it is, and polls
// bring other states.
(() => {
  const PROBLEMS = ["offline", "degraded", "unknown"];
  const PATIENCE_MS = 120;
  let timer;

  const matrix = () => document.getElementById("matrix");
  const rowsOf = () => [...matrix().querySelectorAll(".cells")];
  const stop = (row) => row.querySelector(PROBLEMS.map((state) => `[data-state="${state}"]`).join(",")) || row.firstElementChild;

  function prepare() {
    for (const row of matrix() ? rowsOf() : []) {
      for (const cell of row.children) cell.tabIndex = -1;
      stop(row).tabIndex = 0;
    }
  }

  function focus(cell) {
    if (!cell) return;
    for (const other of cell.parentElement.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  }

  function neighbour(cell, key) {
    const rows = rowsOf();
    const at = rows.indexOf(cell.parentElement);
    if (key === "ArrowRight") return cell.nextElementSibling;
    if (key === "ArrowLeft") return cell.previousElementSibling;
    if (key === "Home") return cell.parentElement.firstElementChild;
    if (key === "End") return cell.parentElement.lastElementChild;
    const row = rows[at + { ArrowDown: 1, ArrowUp: -1 }[key]];
    return row && stop(row);
  }

  function readOut(cell) {
    const readout = document.getElementById("readout");
    clearTimeout(timer);
    if (readout.dataset.of === cell.href) return;
    readout.dataset.of = cell.href;
    readout.replaceChildren(Object.assign(document.createElement("p"), { textContent: `${cell.textContent} · ${cell.dataset.state}` }));
    timer = setTimeout(() => htmx.ajax("GET", `${cell.getAttribute("href")}/peek`, { target: "#readout", source: readout, swap: "innerHTML" }), PATIENCE_MS);
  }

  function take(news) {
    const rows = new Set();
    for (const fresh of matrix() ? [...news.children] : []) {
      const cell = matrix().querySelector(`.cells [href$="/${fresh.dataset.key}"]`);
      if (!cell) continue;
      cell.dataset.state = fresh.dataset.state;
      cell.textContent = fresh.textContent;
      cell.classList.toggle("is-gone", fresh.classList.contains("is-gone"));
      rows.add(cell.parentElement);
    }
    news.replaceChildren();
    rows.forEach(count);
  }

  function count(row) {
    for (const state of PROBLEMS) {
      const number = row.querySelectorAll(`[data-state="${state}"]`).length;
      row.parentElement.querySelector(`.m-${state}`).textContent = number || "";
    }
    row.parentElement.querySelector(".m-total").textContent = row.querySelectorAll(':not([data-state="disabled"])').length;
  }

  const onCell = (act) => (event) => {
    const cell = event.target.closest?.(".cells a");
    if (cell) act(cell, event);
  };
  document.addEventListener("focusin", onCell(readOut));
  document.addEventListener("pointerover", onCell(readOut));
  document.addEventListener("keydown", onCell((cell, event) => {
    if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    focus(neighbour(cell, event.key));
  }));
  document.addEventListener("htmx:afterSettle", (event) => {
    const news = document.getElementById("matrix-news");
    if (news?.childElementCount) take(news);
    if (event.target.id === "grid-page") prepare();
  });
  prepare();
})();
