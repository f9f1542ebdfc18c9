/** All pictures that the server keeps, newest first. */
import { api, ApiError, type Picture } from "./api";
import { byId, button, make } from "./dom";
import { notice } from "./notices";

export class Gallery {
  private pictures: Picture[] = [];
  private hasMore = false;
  private readonly starredOnly = byId<HTMLInputElement>("only-starred");

  /** @param open shows a picture */
  constructor(private readonly open: (picture: Picture) => void) {
    this.starredOnly.addEventListener("change", () => void this.load());
    byId("more").addEventListener("click", () => void this.load(this.pictures[this.pictures.length - 1]?.number ?? null));
  }

  /** Reads the newest pictures, or those before a number. */
  async load(before: number | null = null): Promise<void> {
    byId("grid").setAttribute("aria-busy", "true");
    try {
      const page = await api.pictures(before, this.starredOnly.checked);
      this.pictures = before === null ? page.data : [...this.pictures, ...page.data];
      this.hasMore = page.has_more;
      this.show();
    } catch (problem) {
      const empty = byId("gallery-empty");
      empty.hidden = this.pictures.length > 0;
      empty.textContent = `The pictures cannot be listed. ${(problem as ApiError).message}`;
    } finally {
      byId("grid").removeAttribute("aria-busy");
    }
  }

  /** The one beside a picture; 1 is the older one, -1 the newer one. */
  beside(picture: Picture, way: 1 | -1): Picture | null {
    const place = this.pictures.findIndex((each) => each.id === picture.id);
    return place < 0 ? null : (this.pictures[place + way] ?? null);
  }

  async star(picture: Picture): Promise<Picture> {
    const starred = await api.star(picture.id, !picture.starred);
    this.pictures = this.pictures.map((each) => (each.id === starred.id ? starred : each));
    this.show();
    return starred;
  }

  async remove(picture: Picture): Promise<void> {
    await api.remove(picture.id);
    this.pictures = this.pictures.filter((each) => each.id !== picture.id);
    this.show();
    notice("The picture is deleted.");
  }

  private show(): void {
    const focused = document.activeElement?.closest("[data-id]")?.getAttribute("data-id");
    byId("grid").replaceChildren(...this.pictures.map((picture) => this.card(picture)));
    if (focused) {
      document.querySelector<HTMLElement>(`[data-id="${focused}"] .star`)?.focus();
    }
    byId("more").hidden = !this.hasMore;
    const empty = byId("gallery-empty");
    empty.hidden = this.pictures.length > 0;
    empty.textContent = this.starredOnly.checked
      ? "No picture has a star yet."
      : "No pictures yet. They stay here until you delete them, through reloads and restarts.";
  }

  private card(picture: Picture): HTMLElement {
    const thumb = button("", () => this.open(picture), "thumb");
    thumb.setAttribute("aria-label", `Open: ${picture.prompt}`);
    thumb.append(make("img", { src: `${picture.url}?format=webp&quality=80`, alt: "", loading: "lazy", decoding: "async" }));
    const star = button(picture.starred ? "★" : "☆", () => {
      this.star(picture).catch((problem: ApiError) => notice(problem.message, "bad"));
    }, "star");
    star.setAttribute("aria-pressed", String(picture.starred));
    star.setAttribute("aria-label", `Star: ${picture.prompt}`);
    const caption = make("p", { className: "caption", textContent: picture.prompt, title: picture.prompt });
    return make("li", { className: "card", "data-id": picture.id }, thumb, star, caption);
  }
}
