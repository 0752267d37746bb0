// A link into a closed step opens it; on paper all are open.
const open = () => {
  const step = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (step && step.tagName === "DETAILS") step.open = true;
};
addEventListener("hashchange", open);
addEventListener("click", (event) => event.target.closest("a[href^='#']") && setTimeout(open));
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
open();
