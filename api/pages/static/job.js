// Watches what is being made: moves the bar, and shows the page anew when it has come to another step or to its end.
const job = document.querySelector("#job");
const bar = job.querySelector("progress");
const said = job.querySelector(".of");
// A few steps have words each; thousands of entries are one.
const FEW = 10;

async function look() {
  try {
    const answer = await fetch(`/api/v1/jobs/${job.dataset.job}`, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const now = await answer.json();
      const atEnd = now.done === now.steps && now.done !== bar.value;
      if (now.state !== job.dataset.state || atEnd || (now.steps <= FEW && now.done !== bar.value)) {
        location.reload();
        return;
      }
      bar.max = now.steps;
      bar.value = now.done;
      said.textContent = `${now.done.toLocaleString()} / ${now.steps.toLocaleString()}`;
    }
  } catch {
    // The line is down; it is made all the same.
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
