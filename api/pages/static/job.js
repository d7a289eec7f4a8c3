// Watches a report that is being made, and shows the page anew when it has come further.
const job = document.querySelector("#job");
const bar = job.querySelector("progress");

async function look() {
  try {
    const answer = await fetch(`/api/v1/jobs/${job.dataset.job}`, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const now = await answer.json();
      if (now.state !== job.dataset.state || now.done !== bar.value) {
        location.reload();
        return;
      }
    }
  } catch {
    // The line is down; the report is made all the same.
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
