/** Light, dark, or as the system says. Loaded before all else, so that no page flashes. */
type Theme = "auto" | "light" | "dark";

const KEY = "lssgen.theme";
const THEMES: Theme[] = ["auto", "light", "dark"];

function stored(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto";
}

function show(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  if (button) {
    button.textContent = `Colours: ${theme}`;
  }
}

document.documentElement.dataset.theme = stored();
document.addEventListener("DOMContentLoaded", () => {
  show(stored());
  document.getElementById("theme")?.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(stored()) + 1) % THEMES.length] ?? "auto";
    localStorage.setItem(KEY, next);
    show(next);
  });
});
