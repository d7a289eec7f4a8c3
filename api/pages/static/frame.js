// The frame of every page. The navigation's menus work without this, by mouse, finger and keys; here an open one closes
// when somebody goes on: by Escape, by leaving it, by pressing elsewhere; arrows go from one page to the next. On a tablet
// one button opens all of it. And Alt+I leads to the report of an incident.

const menus = [...document.querySelectorAll(".top details.drop")];

for (const menu of menus) {
  const opener = menu.querySelector("summary");
  const pages = [...menu.querySelectorAll("a")];
  menu.addEventListener("keydown", (event) => {
    const at = pages.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: (at < 0 ? pages.length : at) - 1, Home: 0, End: pages.length - 1 }[event.key];
    if (event.key === "Escape" && menu.open) {
      event.stopPropagation();
      menu.open = false;
      opener.focus();
    } else if (to !== undefined && (menu.open || event.key === "ArrowDown")) {
      event.preventDefault();
      menu.open = true;
      pages.at(to % pages.length).focus();
    }
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}

const whole = document.getElementById("menu");
const unfold = (isOpen) => whole?.setAttribute("aria-expanded", String(isOpen));
if (whole) {
  const navigation = whole.parentElement;
  whole.addEventListener("click", () => unfold(whole.getAttribute("aria-expanded") === "false"));
  navigation.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || whole.getAttribute("aria-expanded") === "false") return;
    unfold(false);
    whole.focus();
  });
  navigation.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !navigation.contains(event.relatedTarget)) unfold(false);
  });
}
document.addEventListener("pointerdown", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
  if (!event.target.closest(".top nav")) unfold(false);
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
