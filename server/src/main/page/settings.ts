/** A picture's settings, named as AUTOMATIC1111 names them, as values of the form. */
import type { Settings } from "./api";
import type { FormValues } from "./form";

/** What a setting is called, and what it is called in the form. */
const NAMES: [string, keyof FormValues][] = [
  ["Prompt", "prompt"],
  ["Negative prompt", "negative"],
  ["Steps", "steps"],
  ["Seed", "seed"],
  ["CFG scale", "guidance"],
  ["Model", "model"],
  ["Sampler", "sampler"],
  ["Schedule type", "scheduler"],
];

/** The form's values; what the settings do not tell is left out. */
export function formValues(settings: Settings): Partial<FormValues> {
  const values: Partial<FormValues> = { negative: "" };
  for (const [setting, field] of NAMES) {
    if (settings[setting] !== undefined) {
      Object.assign(values, { [field]: settings[setting] });
    }
  }
  const size = /^(\d+)x(\d+)$/.exec(settings["Size"] ?? "");
  if (size) {
    Object.assign(values, { width: size[1], height: size[2] });
  }
  return { ...values, ...scaling(settings["LSSGen"]) };
}

/** `sizes=256x256,512x512; steps=10,13; start_sigma=0.75; …` */
function scaling(text: string | undefined): Partial<FormValues> {
  if (text === undefined) {
    return {};
  }
  const parts = new Map(text.split(";").map((part) => part.trim().split("=", 2) as [string, string]));
  const values: Partial<FormValues> = { scaled: parts.get("sizes")?.includes(",") ?? false };
  if (values.scaled) {
    values.scaling = parts.get("scaling") ?? "";
    values.shorten = parts.get("shorten") === "true";
    values["start-sigma"] = parts.get("start_sigma") ?? "";
    values["min-size"] = parts.get("min_size") ?? "";
  }
  return values;
}
