// The official OpenAI SDK for Node makes pictures with a running server.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const OpenAI = require("openai");
const { PNG } = require("pngjs");

const { LSSGEN_URL, LSSGEN_LOCKED_URL, LSSGEN_LOCKED_KEY } = process.env;
const QUICK = { num_inference_steps: 4, seed: 7 };

function sdk(url = LSSGEN_URL, apiKey = "none") {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 120_000 });
}

function generate(wish = {}, client = sdk()) {
  return client.images.generate({ prompt: "a red apple", size: "256x256", ...QUICK, ...wish });
}

/** Decodes all pixels; throws if a checksum is wrong. */
function decoded({ b64_json }) {
  return PNG.sync.read(Buffer.from(b64_json, "base64"), { checkCRC: true });
}

function sizeOf(item) {
  const { width, height } = decoded(item);
  return `${width}x${height}`;
}

async function caught(promise, kind) {
  const error = await promise.then(() => assert.fail("an error was wanted"), (failure) => failure);
  assert.ok(error instanceof kind, `wanted ${kind.name}, found ${error}`);
  return error;
}

test("models are listed", async () => {
  const names = [];
  for await (const model of sdk().models.list()) {
    names.push(model.id);
  }
  assert.ok(names.length > 0);
  assert.equal((await sdk().models.retrieve(names[0])).id, names[0]);
});

test("several pictures come as base64", async () => {
  const answer = await generate({ n: 2 });
  assert.deepEqual(answer.data.map(sizeOf), ["256x256", "256x256"]);
  assert.notDeepEqual(decoded(answer.data[0]).data, decoded(answer.data[1]).data);
  assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);
});

test("the address leads to the picture", async () => {
  const { data } = await generate({ response_format: "url", output_format: "png" });
  const file = await fetch(data[0].url);
  assert.equal(file.headers.get("content-type"), "image/png");
  assert.equal(PNG.sync.read(Buffer.from(await file.arrayBuffer())).width, 256);
});

test("the stream shows the low-resolution stage first", async () => {
  // Steps enough for the second stage to have one before its last.
  const stream = await generate({ size: "512x512", num_inference_steps: 8, stream: true, partial_images: 2 });
  const events = [];
  for await (const event of stream) {
    events.push(event);
  }
  assert.deepEqual(
    events.map((event) => event.type.replace("image_generation.", "")),
    ["partial_image", "partial_image", "completed"],
  );
  assert.deepEqual(events.slice(0, 2).map((event) => event.partial_image_index), [0, 1]);
  assert.deepEqual(events.map(sizeOf), ["256x256", "512x512", "512x512"]);
});

test("a stream that is left ends its job", async () => {
  const stream = await generate({ size: "512x512", num_inference_steps: 200, n: 10, stream: true, partial_images: 1 });
  for await (const event of stream) {
    assert.equal(event.partial_image_index, 0);
    break;
  }
  for (let i = 0; i < 300; i++) {
    const { data } = await (await fetch(`${LSSGEN_URL}/v1/jobs`)).json();
    if (data[0].status === "cancelled") {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail("the job still runs though nobody waits for it");
});

test("a picture is edited", async () => {
  const { data } = await generate();
  const image = await OpenAI.toFile(Buffer.from(data[0].b64_json, "base64"), "first.png", { type: "image/png" });
  const answer = await sdk().images.edit({ image, prompt: "a red apple", size: "256x256", strength: 0.5, ...QUICK });
  assert.equal(sizeOf(answer.data[0]), "256x256");
  assert.notDeepEqual(decoded(answer.data[0]).data, decoded(data[0]).data);
});

test("errors are the SDK's own", async () => {
  const prompt = await caught(generate({ prompt: "" }), OpenAI.BadRequestError);
  assert.equal(prompt.param, "prompt");
  assert.equal(prompt.type, "invalid_request_error");
  assert.equal((await caught(generate({ n: 1000 }), OpenAI.UnprocessableEntityError)).param, "n");
  await caught(generate({ model: "dall-e-9" }), OpenAI.NotFoundError);
});

test("the key is wanted", async () => {
  for (const key of ["none", `${LSSGEN_LOCKED_KEY}x`]) {
    const error = await caught(generate({}, sdk(LSSGEN_LOCKED_URL, key)), OpenAI.AuthenticationError);
    assert.equal(error.code, "invalid_api_key");
  }
  const { data } = await generate({ size: "64x64" }, sdk(LSSGEN_LOCKED_URL, LSSGEN_LOCKED_KEY));
  assert.equal(sizeOf(data[0]), "64x64");
});
