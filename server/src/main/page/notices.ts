/** Short messages at the edge, and questions that want an answer. */
import { button, byId, make } from "./dom";

const SHOWN_MILLISECONDS = 6000;

/** Says something for a while; screen readers hear it. */
export function notice(text: string, kind: "good" | "bad" = "good"): void {
  const note = make("div", { className: `notice ${kind}` }, make("p", { textContent: text }));
  note.append(button("×", () => note.remove(), "quiet"));
  note.lastElementChild?.setAttribute("aria-label", "Close the message");
  byId("notices").append(note);
  setTimeout(() => note.remove(), SHOWN_MILLISECONDS);
}

/** Asks before something cannot be undone. */
export function confirmed(question: string, action: string): Promise<boolean> {
  return answer(question, action, null).then((value) => value !== null);
}

/** Asks for a text that is not shown; null if none is given. */
export function secret(question: string, action: string): Promise<string | null> {
  const field = make("input", { type: "password", autocomplete: "off", "aria-labelledby": "ask-title" });
  return answer(question, action, field);
}

function answer(question: string, action: string, field: HTMLInputElement | null): Promise<string | null> {
  const dialog = byId<HTMLDialogElement>("ask");
  dialog.returnValue = "";
  const form = make("form", { method: "dialog" });
  form.append(
    make("p", { id: "ask-title", textContent: question }),
    ...(field ? [field] : []),
    make(
      "div",
      { className: "actions" },
      make("button", { type: "submit", value: "yes", className: "primary", textContent: action }),
      button("Cancel", () => dialog.close()),
    ),
  );
  dialog.replaceChildren(form);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes" ? (field?.value ?? "yes") : null);
  });
}
