/** Reads a PNG's settings, dropped anywhere or chosen with a button. */
import { api, ApiError, type Settings } from "./api";
import { byId } from "./dom";
import { base64, dataUrl } from "./files";
import { notice } from "./notices";

/** @param read takes the settings */
export function readDroppedFiles(read: (settings: Settings) => void): void {
  const overlay = byId("drop");
  const input = byId<HTMLInputElement>("file");
  byId("read-file").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    void take(input.files?.[0], read);
    input.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      overlay.hidden = false;
    }
  });
  document.addEventListener("dragleave", (event) => {
    overlay.hidden = event.relatedTarget === null ? true : overlay.hidden;
  });
  document.addEventListener("drop", (event) => {
    overlay.hidden = true;
    if (event.dataTransfer?.files.length) {
      event.preventDefault();
      void take(event.dataTransfer.files[0], read);
    }
  });
}

async function take(file: File | undefined, read: (settings: Settings) => void): Promise<void> {
  if (!file) {
    return;
  }
  try {
    const settings = await api.readSettings(base64(await dataUrl(file)));
    if (Object.keys(settings).length === 0) {
      notice(`${file.name} holds no settings.`, "bad");
      return;
    }
    read(settings);
    notice(`Settings read from ${file.name}.`);
  } catch (problem) {
    notice(`${file.name}: ${(problem as ApiError).message}`, "bad");
  }
}
