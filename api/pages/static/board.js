// The run board keeps itself up to date: the server sends the table again whenever anything was recorded.

const board = document.getElementById("board");
const line = document.getElementById("line");

if (board && line) {
  const source = new EventSource(`/board/live?day=${encodeURIComponent(board.dataset.day)}`);
  source.addEventListener("board", (event) => {
    // Drawn by our own server from the same template as the page; texts in it are escaped there.
    const drawn = new DOMParser().parseFromString(event.data, "text/html");
    board.replaceChildren(...drawn.body.childNodes);
    line.textContent = line.dataset.live;
    line.classList.remove("lost");
  });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.OPEN) {
      line.textContent = line.dataset.lost;
      line.classList.add("lost");
    }
  });
  addEventListener("pagehide", () => source.close());
}
