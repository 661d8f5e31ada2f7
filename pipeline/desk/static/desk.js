// What every page shares: keys that do nothing while somebody types, and notices that go away.

/** Whether a key belongs to a field, and not to the page. */
export function isTyping(event) {
  const at = event.target;
  return at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName) && at.type !== "checkbox" && at.type !== "radio";
}

/** Have keys do things: `{j: next, k: previous, "?": help}`, by `event.key` in lower case. */
export function onKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event)) return;
    if (document.querySelector("dialog[open]") && event.key !== "Escape") return;
    const act = keys[event.key === " " ? "space" : event.key.toLowerCase()];
    if (act && act(event) !== false) event.preventDefault();
  });
}

/** Say something in the notice line; `kind` is "", "fine" or "careful". */
export function tell(sentence, kind = "fine") {
  const line = document.createElement("p");
  line.className = `told ${kind}`;
  line.textContent = sentence;
  document.getElementById("notice").replaceChildren(line);
}

const notice = document.getElementById("notice");
notice.addEventListener("click", () => notice.replaceChildren());
document.addEventListener("htmx:beforeRequest", () => notice.replaceChildren());
document.addEventListener("htmx:sendError", () => tell("连不上服务器，您的操作没有生效；请检查网络后重试", ""));
