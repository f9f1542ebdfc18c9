/** One picture with its settings and all that can be done with it. */
import { api, ApiError, type Picture, type Settings } from "./api";
import { byId, button, make } from "./dom";
import type { Gallery } from "./gallery";
import { confirmed, notice } from "./notices";

/** What the page does with a picture's settings. */
export interface Uses {
  reuse: (settings: Settings) => void;
  compare: (settings: Settings) => void;
  begin: (picture: Picture) => void;
}

export class Viewer {
  private readonly dialog = byId<HTMLDialogElement>("viewer");
  private picture: Picture | null = null;

  constructor(
    private readonly gallery: () => Gallery,
    private readonly uses: Uses,
  ) {
    this.dialog.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key] as 1 | -1 | undefined;
      if (way) {
        this.beside(way);
      }
    });
    // A click beside the content meets the dialog itself.
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) {
        this.dialog.close();
      }
    });
  }

  async open(picture: Picture): Promise<void> {
    this.picture = picture;
    this.show(picture, null);
    if (!this.dialog.open) {
      this.dialog.showModal();
    }
    try {
      const info = await api.info(picture.id);
      if (this.picture?.id === picture.id) {
        this.show(info, info.settings);
      }
    } catch (problem) {
      notice((problem as ApiError).message, "bad");
    }
  }

  private beside(way: 1 | -1): void {
    const next = this.picture && this.gallery().beside(this.picture, way);
    if (next) {
      void this.open(next);
    }
  }

  private show(picture: Picture, settings: Settings | null): void {
    const focused = this.dialog.contains(document.activeElement) ? document.activeElement?.textContent : null;
    const image = make("img", { src: picture.url, alt: picture.prompt, width: picture.width, height: picture.height });
    const made = new Date(picture.created * 1000).toLocaleString();
    const side = make(
      "div",
      { className: "about" },
      make("h2", { textContent: picture.prompt, tabIndex: 0 }),
      make("p", { className: "hint", textContent: made }),
      this.actions(picture, settings),
      settings && list(settings),
    );
    this.dialog.replaceChildren(make("div", { className: "large" }, image), side);
    [...this.dialog.querySelectorAll("button")].find((each) => each.textContent === focused)?.focus();
  }

  private actions(picture: Picture, settings: Settings | null): HTMLElement {
    const use = (action: (settings: Settings) => void) => () => {
      this.dialog.close();
      action(settings ?? {});
    };
    const reuse = button("Reuse settings", use(this.uses.reuse), "primary");
    const compare = button("Compare with plain", use(this.uses.compare));
    reuse.disabled = compare.disabled = settings === null;
    const begin = button("Begin with it", () => {
      this.dialog.close();
      this.uses.begin(picture);
    });
    const star = button(picture.starred ? "★ Starred" : "☆ Star", () => void this.act(async () => {
      await this.open(await this.gallery().star(picture));
    }));
    star.setAttribute("aria-pressed", String(picture.starred));
    const download = make("a", { className: "button", href: `${picture.url}?download=true`, textContent: "Download" });
    download.download = `lssgen-${picture.seed}.png`;
    const remove = button("Delete", () => void this.remove(picture), "danger");
    const close = button("Close", () => this.dialog.close(), "quiet");
    return make("div", { className: "actions" }, reuse, compare, begin, star, download, remove, close);
  }

  private async remove(picture: Picture): Promise<void> {
    if (await confirmed("Delete this picture for good?", "Delete")) {
      await this.act(async () => {
        await this.gallery().remove(picture);
        this.dialog.close();
      });
    }
  }

  private async act(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (problem) {
      notice((problem as ApiError).message, "bad");
    }
  }
}

function list(settings: Settings): HTMLElement {
  const rows = Object.entries(settings).filter(([name, value]) => name !== "Prompt" && value !== "");
  return make(
    "dl",
    {},
    ...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value.replaceAll("; ", "\n") })]),
  );
}
