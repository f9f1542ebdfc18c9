/** A picture that a run begins with, and what of it is painted over to be made anew. */
import { byId, make } from "./dom";
import { base64, dataUrl } from "./files";
import { notice } from "./notices";

/** What a request says of it; empty without a picture. */
export interface StartRequest {
  image?: string;
  strength?: number;
  mask?: string;
  mask_padding?: number;
}

/** Painting takes place at no more than so many pixels a side. */
const LARGEST = 1024;

/** What is painted over is shown in a colour that few pictures have, and sent in white. */
const PAINT = [208, 32, 144] as const;

/** What is looked at closely is seen with so many of the picture's pixels around it. */
const PADDING = 32;

/** Pixels of the pictures that stand in where only their being there matters. */
const STAND_IN = 8;

export class Start {
  private image: HTMLImageElement | null = null;
  private readonly paint = byId<HTMLCanvasElement>("start-paint");
  private readonly strength = byId<HTMLInputElement>("strength");
  private readonly close = byId<HTMLInputElement>("mask-close");
  private readonly brush = byId<HTMLInputElement>("brush");
  private file: string | null = null;
  private painted = false;
  private last: { x: number; y: number } | null = null;

  /**
   * @param changed is called when a request would say something else
   * @param proportions is told a picture's sides when it is chosen
   */
  constructor(
    private readonly changed: () => void,
    private readonly proportions: (width: number, height: number) => void,
  ) {
    this.choosing("start-choose", "start-file", (file) => this.begin(file));
    this.choosing("mask-choose", "mask-file", (file) => this.maskOf(file));
    byId("mask-clear").addEventListener("click", () => this.clear());
    byId("start-remove").addEventListener("click", () => this.remove());
    this.strength.addEventListener("input", () => this.show());
    this.close.addEventListener("change", () => this.changed());
    this.paint.addEventListener("pointerdown", (event) => {
      this.paint.setPointerCapture(event.pointerId);
      this.last = this.place(event);
      this.stroke(event);
    });
    this.paint.addEventListener("pointermove", (event) => this.last && this.stroke(event));
    this.paint.addEventListener("pointerup", () => {
      this.last = null;
      this.changed();
    });
    this.show();
  }

  /** Begins with this picture; fails if it is none. */
  async begin(file: Blob): Promise<void> {
    const data = await dataUrl(file);
    const image = make("img", { src: data, alt: "The picture to begin with" });
    await image.decode();
    this.image?.remove();
    this.image = image;
    this.paint.before(image);
    const { naturalWidth, naturalHeight } = image;
    const scale = Math.min(1, LARGEST / Math.max(naturalWidth, naturalHeight));
    this.paint.width = Math.round(naturalWidth * scale);
    this.paint.height = Math.round(naturalHeight * scale);
    this.file = base64(data);
    byId("start").toggleAttribute("open", true);
    this.proportions(naturalWidth, naturalHeight);
    this.clear();
  }

  /** What a request says. */
  request(): StartRequest {
    return this.file === null ? {} : { image: this.file, ...this.rest(this.paint) };
  }

  /** The same with small pictures for those, where only their being there matters. */
  standIn(): StartRequest {
    if (this.file === null) {
      return {};
    }
    const small = document.createElement("canvas");
    small.width = small.height = STAND_IN;
    const context = small.getContext("2d")!;
    context.fillStyle = "white";
    context.fillRect(0, 0, STAND_IN / 2, STAND_IN); // a mask without white would be refused
    return { image: encoded(small), ...this.rest(small) };
  }

  private rest(mask: HTMLCanvasElement): StartRequest {
    return {
      strength: Number(this.strength.value),
      ...(this.painted && { mask: onBlack(mask), ...(this.close.checked && { mask_padding: PADDING }) }),
    };
  }

  private choosing(button: string, file: string, take: (file: File) => Promise<void>): void {
    const input = byId<HTMLInputElement>(file);
    byId(button).addEventListener("click", () => input.click());
    input.addEventListener("change", async () => {
      const chosen = input.files?.[0];
      input.value = ""; // so that the same file can be chosen again
      if (chosen) {
        try {
          await take(chosen);
        } catch {
          notice(`${chosen.name} is no picture that can be read.`, "bad");
        }
      }
    });
  }

  /** Takes a mask from a picture: what is bright there. */
  private async maskOf(file: Blob): Promise<void> {
    const mask = await createImageBitmap(file);
    const context = this.paint.getContext("2d")!;
    const { width, height } = this.paint;
    context.clearRect(0, 0, width, height);
    context.drawImage(mask, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height);
    for (let at = 0; at < pixels.data.length; at += 4) {
      const bright = (pixels.data[at]! + pixels.data[at + 1]! + pixels.data[at + 2]!) / 3;
      pixels.data.set(PAINT, at);
      pixels.data[at + 3] = (bright * pixels.data[at + 3]!) / 255;
    }
    context.putImageData(pixels, 0, 0);
    this.painted = true;
    this.show();
    this.changed();
  }

  private stroke(event: PointerEvent): void {
    const context = this.paint.getContext("2d")!;
    const to = this.place(event);
    const from = this.last ?? to;
    context.strokeStyle = `rgb(${PAINT.join(" ")})`;
    context.lineCap = "round";
    context.lineWidth = (Number(this.brush.value) / 100) * Math.min(this.paint.width, this.paint.height);
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.last = to;
    if (!this.painted) {
      this.painted = true;
      this.strength.value = "1"; // what is painted over is mostly to become something else
    }
    this.show();
  }

  private place(event: PointerEvent): { x: number; y: number } {
    const shown = this.paint.getBoundingClientRect();
    return {
      x: ((event.clientX - shown.left) / shown.width) * this.paint.width,
      y: ((event.clientY - shown.top) / shown.height) * this.paint.height,
    };
  }

  private clear(): void {
    this.paint.getContext("2d")!.clearRect(0, 0, this.paint.width, this.paint.height);
    this.painted = false;
    this.show();
    this.changed();
  }

  private remove(): void {
    this.file = null;
    this.image?.remove();
    this.image = null;
    this.clear();
  }

  private show(): void {
    byId("start-stage").hidden = this.file === null;
    byId("strength-value").textContent = Number(this.strength.value).toFixed(2);
    byId<HTMLButtonElement>("mask-clear").disabled = !this.painted;
    this.close.disabled = !this.painted;
  }
}

/** What is painted, white on black. */
function onBlack(strokes: HTMLCanvasElement): string {
  const whole = document.createElement("canvas");
  whole.width = strokes.width;
  whole.height = strokes.height;
  const context = whole.getContext("2d")!;
  context.drawImage(strokes, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = "white";
  context.fillRect(0, 0, whole.width, whole.height);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "black";
  context.fillRect(0, 0, whole.width, whole.height);
  return encoded(whole);
}

function encoded(canvas: HTMLCanvasElement): string {
  return base64(canvas.toDataURL("image/png"));
}
