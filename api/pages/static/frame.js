// The frame of every page. The navigation's menus work without this, by mouse, finger and keys; here an open one closes
// when somebody goes on: by Escape, by leaving it, by pressing elsewhere. And Alt+I leads to the report of an incident.

const menus = [...document.querySelectorAll(".top details.drop")];

for (const menu of menus) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
document.addEventListener("pointerdown", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});

// Not as an access key: browsers differ in which keys go with it, and none of them asks whether a scanner typed it.
const alarm = document.getElementById("alarm");
if (alarm) {
  document.addEventListener("keydown", (event) => {
    const isOurs = event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyI" && !event.defaultPrevented;
    if (!isOurs || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    alarm.click();
  });
}

// A form that was refused comes back filled in. The field at fault is unfolded, called by its label, and ready to be typed in.
const wrong = document.querySelector(".at-fault :is(input, select, textarea)");
const said = document.querySelector(".said.fault[data-field] p");
if (wrong) {
  const folded = wrong.closest("details");
  if (folded) folded.open = true;
  const label = wrong.labels[0]?.firstChild.textContent.trim();
  const { field } = said?.parentElement.dataset ?? {};
  if (field && label) {
    for (const part of said.childNodes) {
      if (part.nodeType === Node.TEXT_NODE) part.data = part.data.split(`${field} `).join(`「${label}」`);
    }
  }
  if (!wrong.form.matches("[data-step-by-enter]")) wrong.focus();
}
