// One key does what a button or a link does that names it by data-key; a field named so is entered.
// No module: those run when the page has long been seen, and keys pressed until then would be lost.

{
  let isLeaving = false;

  const isTyping = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

  addEventListener("pageshow", () => { isLeaving = false; });
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat || isLeaving) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) && event.key !== "Escape") return;
    const found = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
    if (!found) return;
    event.preventDefault();
    if (found.matches("input, textarea, select")) { found.focus(); found.select?.(); return; }
    // What is typed until the next page is there was not meant for this one a second time.
    isLeaving = found.dataset.stays === undefined;
    found.click();
  });
}
