"""The official OpenAI SDK for Python makes pictures with a running server."""

import base64
import io
import json
import os
import time
import urllib.request

import openai
import pytest
from PIL import Image, ImageChops, ImageStat

URL = os.environ["LSSGEN_URL"]
LOCKED_URL = os.environ["LSSGEN_LOCKED_URL"]
LOCKED_KEY = os.environ["LSSGEN_LOCKED_KEY"]
QUICK = {"num_inference_steps": 4, "seed": 7}
PROMPT = "a red apple on a yellow background"


def sdk(url=URL, key="none"):
    return openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0, timeout=120)


def decoded(data, kind="PNG"):
    """The picture of a file, all of its pixels read."""
    picture = Image.open(io.BytesIO(data))
    assert picture.format == kind
    picture.load()
    return picture


def b64(item):
    return decoded(base64.b64decode(item.b64_json, validate=True))


def generate(client=None, **wish):
    wish = {"prompt": PROMPT, "size": "256x256", "extra_body": QUICK} | wish
    return (client or sdk()).images.generate(**wish)


def test_models_are_listed():
    models = list(sdk().models.list())
    assert models and all(model.object == "model" for model in models)
    assert sdk().models.retrieve(models[0].id).id == models[0].id


def test_several_pictures_come_as_base64():
    answer = generate(n=2, model=sdk().models.list().data[0].id)
    pictures = [b64(item) for item in answer.data]
    assert [picture.size for picture in pictures] == [(256, 256)] * 2
    assert pictures[0].tobytes() != pictures[1].tobytes(), "each has a seed of its own"
    assert "Seed: 7" in pictures[0].text["parameters"] and "Seed: 8" in pictures[1].text["parameters"]
    assert answer.size == "256x256" and answer.output_format == "png" and answer.background == "opaque"
    usage = answer.usage
    assert usage.input_tokens > 0 and usage.total_tokens == usage.input_tokens + usage.output_tokens


def test_a_picture_is_edited():
    first = base64.b64decode(generate().data[0].b64_json)
    edit = {"image": ("first.png", first), "prompt": PROMPT, "size": "256x256"}
    little, much = (
        difference(first, sdk().images.edit(**edit, extra_body=QUICK | {"strength": strength}))
        for strength in (0.25, 1)
    )
    assert little < much, "the strength says how much is changed"


def test_what_is_erased_is_made_anew():
    first = base64.b64decode(generate().data[0].b64_json)
    edit = {"image": ("first.png", first), "prompt": PROMPT, "size": "256x256"}
    mask = Image.new("RGBA", (256, 256), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (128, 0, 256, 256))
    file = io.BytesIO()
    mask.save(file, "PNG")
    answer = sdk().images.edit(**edit, mask=("mask.png", file.getvalue()), extra_body=QUICK | {"mask_blur": 0})
    before, after = decoded(first).convert("RGB"), b64(answer.data[0]).convert("RGB")
    kept, anew = (0, 0, 128, 256), (128, 0, 256, 256)
    assert before.crop(kept).tobytes() == after.crop(kept).tobytes()
    assert before.crop(anew).tobytes() != after.crop(anew).tobytes()
    with pytest.raises(openai.UnprocessableEntityError):
        sdk().images.edit(**edit, mask=("mask.png", first))


def difference(file, answer):
    pictures = (picture.convert("RGB") for picture in (decoded(file), b64(answer.data[0])))
    return sum(ImageStat.Stat(ImageChops.difference(*pictures)).mean)


def test_same_seed_makes_the_same_picture():
    assert b64(generate().data[0]).tobytes() == b64(generate().data[0]).tobytes()


def test_picture_is_of_what_the_prompt_says():
    """Measured on the edge, which this model paints in the background's colour."""
    red, green, blue = b64(generate(extra_body={"num_inference_steps": 20, "seed": 7}).data[0]).getpixel((3, 3))
    assert red > blue + 40 and green > blue + 40, f"yellow was wanted, found {(red, green, blue)}"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_address_leads_to_the_picture(kind):
    item = generate(response_format="url", output_format=kind).data[0]
    assert item.b64_json is None
    with urllib.request.urlopen(item.url, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "image/" + kind
        assert decoded(answer.read(), kind.upper()).size == (256, 256)


def test_stream_shows_the_low_resolution_stage_first():
    steps = QUICK | {"num_inference_steps": 8}  # so that the second stage has a step before its last
    with generate(size="512x512", stream=True, partial_images=2, extra_body=steps) as stream:
        events = list(stream)
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    assert [event.size for event in events] == ["256x256", "512x512", "512x512"]
    assert [b64(event).size for event in events] == [(256, 256), (512, 512), (512, 512)]
    assert events[-1].usage.output_tokens > 0
    whole = generate(size="512x512", extra_body=steps)
    assert b64(events[-1]).tobytes() == b64(whole.data[0]).tobytes(), "watching changes nothing"


def test_stream_without_partial_pictures_has_the_end_alone():
    with generate(stream=True) as stream:
        events = list(stream)
    assert [event.type for event in events] == ["image_generation.completed"]
    assert b64(events[0]).size == (256, 256)


@pytest.mark.parametrize(
    "wish, kind, field",
    [
        ({"prompt": ""}, openai.BadRequestError, "prompt"),
        ({"n": "two"}, openai.BadRequestError, "n"),
        ({"background": "transparent"}, openai.BadRequestError, "background"),
        ({"n": 1000}, openai.UnprocessableEntityError, "n"),
        ({"size": "16384x16384"}, openai.UnprocessableEntityError, "size"),
        ({"size": "257x256"}, openai.UnprocessableEntityError, None),
        ({"model": "dall-e-9"}, openai.NotFoundError, None),
    ],
)
def test_errors_are_the_sdks_own(wish, kind, field):
    with pytest.raises(kind) as caught:
        generate(**wish)
    assert caught.value.param == field
    assert caught.value.code and caught.value.type == "invalid_request_error"
    assert "\n" not in caught.value.body["message"]


def test_key_is_wanted():
    for key in ["none", LOCKED_KEY + "x"]:
        with pytest.raises(openai.AuthenticationError) as caught:
            generate(sdk(LOCKED_URL, key))
        assert caught.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            sdk(LOCKED_URL, key).models.list()
    right = generate(sdk(LOCKED_URL, LOCKED_KEY), size="64x64", extra_body={})
    assert b64(right.data[0]).size == (64, 64)


def test_unknown_fields_are_answered_with_a_warning():
    answer = sdk().images.with_raw_response.generate(
        prompt=PROMPT, size="256x256", extra_body=QUICK | {"hue": 3})
    assert "hue" in answer.headers["Warning"]
    assert b64(answer.parse().data[0]).size == (256, 256)


def ended(client, batch):
    """The batch once it is over."""
    for _ in range(600):
        batch = client.batches.retrieve(batch.id)
        if batch.status in ("completed", "failed", "cancelled"):
            return batch
        time.sleep(0.2)
    raise AssertionError(f"still {batch}")


def batch_of(client, *bodies):
    lines = (
        {"custom_id": f"request-{i}", "method": "POST", "url": "/v1/images/generations", "body": body}
        for i, body in enumerate(bodies)
    )
    content = "\n".join(map(json.dumps, lines)).encode()
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")
    assert file.filename == "requests.jsonl" and file.bytes == len(content)
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h", metadata={"for": "a test"})


def test_a_batch_is_made():
    client = sdk()
    body = {"prompt": PROMPT, "size": "256x256"} | QUICK
    batch = ended(client, batch_of(client, body, body | {"n": 1000}))
    assert batch.status == "completed" and batch.metadata == {"for": "a test"}
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (2, 1, 1)
    answer = json.loads(client.files.content(batch.output_file_id).text)
    assert answer["custom_id"] == "request-0" and answer["response"]["status_code"] == 200
    picture = decoded(base64.b64decode(answer["response"]["body"]["data"][0]["b64_json"]))
    assert picture.tobytes() == b64(generate().data[0]).tobytes(), "as if it had been asked for alone"
    failed = json.loads(client.files.content(batch.error_file_id).text)
    assert failed["custom_id"] == "request-1" and failed["response"]["body"]["error"]["param"] == "n"
    assert batch.id in [each.id for each in client.batches.list(limit=5)]
    files = client.files.list(purpose="batch_output", limit=1)
    assert len(list(zip(files, range(2)))) == 2, "pages follow each other"
    assert client.files.delete(batch.output_file_id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.content(batch.output_file_id)


def test_a_batch_is_cancelled():
    client = sdk()
    long = {"prompt": PROMPT, "size": "512x512", "n": 10, "num_inference_steps": 200}
    batch = batch_of(client, long, long)
    assert client.batches.cancel(batch.id).status in ("cancelling", "cancelled")
    assert ended(client, batch).status == "cancelled"


def test_a_file_that_holds_no_requests_is_explained():
    client = sdk()
    file = client.files.create(file=("requests.jsonl", b"{"), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h")
    assert batch.status == "failed" and batch.errors.data[0].line == 1
