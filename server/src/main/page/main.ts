/** Puts the page's parts together. */
import { api, ApiError, rememberKey, type Picture, type Settings } from "./api";
import { Comparison } from "./compare";
import { watchServer } from "./connection";
import { byId } from "./dom";
import { readDroppedFiles } from "./drop";
import { Easel } from "./easel";
import { Form } from "./form";
import { Gallery } from "./gallery";
import { OwnJobs } from "./jobs";
import { notice, secret } from "./notices";
import { formValues } from "./settings";
import { Viewer } from "./viewer";

const open = (picture: Picture) => void viewer.open(picture);
const easel = new Easel(open);
const gallery = new Gallery(open);
const form = new Form((estimate) => easel.preview(estimate));
const jobs = new OwnJobs({
  listener: (own) => {
    const listener = easel.listener(own.name);
    return { ...listener, decoded: (data) => (listener.decoded?.(data), void gallery.load()) };
  },
  over: (job) => {
    easel.over(job);
    form.remember(job.images[0]?.seed ?? null);
    void gallery.load();
    void comparison.over(job);
    if (!form.knowsModel()) {
      void begin(); // the job has loaded it
    }
  },
  lost: (_, problem) => easel.broken(problem.message),
  counted: (waiting, running) => {
    byId<HTMLButtonElement>("cancel").disabled = !running;
    byId("waiting").hidden = waiting === 0;
    byId("waiting").textContent = waiting === 1 ? "One more is waiting." : `${waiting} more are waiting.`;
  },
});
const comparison = new Comparison(jobs);
const viewer = new Viewer(() => gallery, { reuse, compare: (settings) => (reuse(settings), void compare()), begin: (picture) => void startWith(picture) });

function reuse(settings: Settings): void {
  form.fill(formValues(settings));
  byId("prompt").focus();
}

async function startWith(picture: Picture): Promise<void> {
  try {
    await form.start.begin(await (await fetch(picture.url)).blob());
    byId("start-stage").scrollIntoView({ block: "nearest" });
  } catch {
    notice("That picture cannot be read.", "bad");
  }
}

/** Does what the form asks for, and says under its button what is wrong with it. */
async function send(action: () => Promise<unknown>): Promise<void> {
  if (form.request().prompt.trim() === "") {
    form.complain("Say first what the picture shall show.");
    byId("prompt").focus();
    return;
  }
  try {
    form.complain(null);
    await action();
  } catch (problem) {
    form.complain((problem as ApiError).message);
  }
}

const generate = () => send(() => jobs.submit(form.request(), ""));
const compare = () => send(() => comparison.begin(form.scaledRequest()));
const cancel = () => jobs.cancel().catch((problem: ApiError) => notice(problem.message, "bad"));

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  void generate();
});
byId("cancel").addEventListener("click", () => void cancel());
byId("compare").addEventListener("click", () => void compare());
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) {
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void generate();
  } else if (event.key === "Escape" && !byId<HTMLButtonElement>("cancel").disabled) {
    void cancel();
  }
});
readDroppedFiles(reuse);

const wide = matchMedia("(min-width: 56.01rem)");
const unfold = () => byId("settings").toggleAttribute("open", wide.matches);
wide.addEventListener("change", unfold);
unfold();

let asking = false;
document.addEventListener("lssgen:key-wanted", async () => {
  if (asking) {
    return;
  }
  asking = true;
  const key = await secret("This server wants its API key.", "Open");
  asking = false;
  if (key) {
    rememberKey(key);
    await begin();
  }
});

async function begin(): Promise<void> {
  try {
    form.begin(await api.capabilities());
    await Promise.all([gallery.load(), comparison.show()]);
    jobs.resume();
  } catch (problem) {
    if ((problem as ApiError).status !== 401) {
      form.complain((problem as ApiError).message);
    }
  }
}

watchServer(() => void begin());
