// Groups of the main menu: one is open at a time; Escape, a press elsewhere and leaving close it.
const groups = () => document.querySelectorAll("details[data-menu]");

function close(kept = null) {
  for (const group of groups()) if (group !== kept) group.open = false;
}

addEventListener("click", ({ target }) => close(target.closest("details[data-menu]")));

addEventListener("focusin", ({ target }) => close(target.closest("details[data-menu]")));

addEventListener("keydown", (event) => {
  const open = document.querySelector("details[data-menu][open]");
  if (!open) return;
  if (event.key === "Escape") {
    close();
    open.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const places = [...open.querySelectorAll("summary, a")];
    const at = places.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    places.at((at + (event.key === "ArrowDown" ? 1 : -1)) % places.length).focus();
  }
});
