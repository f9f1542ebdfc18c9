/** Making and finding elements. Text is always set as text, so no prompt can become markup. */

type Child = Node | string | null;

/** The element of this id, which index.html has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`index.html lacks #${id}`);
  }
  return found as T;
}

/** A new element: properties are set as such, `aria-…`, `role` and `data-…` as attributes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (/^(aria-|data-|role$)/.test(name)) {
      element.setAttribute(name, String(value));
    } else {
      Reflect.set(element, name, value);
    }
  }
  element.append(...children.filter((child): child is Node | string => child !== null));
  return element;
}

/** A button that does something. */
export function button(label: string, action: () => void, className = ""): HTMLButtonElement {
  return make("button", { type: "button", className, textContent: label, onclick: action });
}

/** Calls `action` once nothing has called it for a while. */
export function settled(milliseconds: number, action: () => void): () => void {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(action, milliseconds);
  };
}

/** Seconds as people say them. */
export function seconds(value: number): string {
  if (value >= 90) {
    return `${Math.round(value / 60)} min`;
  }
  return value >= 10 ? `${Math.round(value)} s` : `${value.toFixed(1)} s`;
}
