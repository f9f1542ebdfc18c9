"""A client of AUTOMATIC1111's API, webuiapi, makes pictures with a running server; and what SillyTavern asks it."""

import os
import threading
import time

import pytest
import requests
import webuiapi
from PIL import Image

URL = os.environ["LSSGEN_URL"]
LOCKED_URL = os.environ["LSSGEN_LOCKED_URL"]
LOCKED_KEY = os.environ["LSSGEN_LOCKED_KEY"]
QUICK = {"prompt": "a red apple", "steps": 4, "cfg_scale": 1, "width": 256, "height": 256, "seed": 7}


def webui(url=URL, **more):
    return webuiapi.WebUIApi(baseurl=url + "/sdapi/v1", sampler="Euler", **more)


def in_background(call):
    """Starts a call; its outcome is in the list once the thread has ended."""
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(call()))
    thread.start()
    return thread, outcome


def wait_for_step(api):
    """The client's own picture is under way."""
    for _ in range(600):
        progress = api.get_progress()
        if progress["state"]["sampling_step"] > 0:
            return progress
        time.sleep(0.05)
    raise AssertionError(f"no step within 30 s: {progress}")


def test_img2img():
    first = webui().txt2img(**QUICK).image
    result = webui().img2img(images=[first], denoising_strength=0.5, **QUICK)
    assert result.image.size == first.size
    assert result.image.tobytes() != first.tobytes()
    assert result.info["denoising_strength"] == 0.5


def test_img2img_with_a_mask():
    first = webui().txt2img(**QUICK).image
    mask = Image.new("L", first.size)
    mask.paste(255, (128, 0, 256, 256))
    result = webui().img2img(images=[first], mask_image=mask, mask_blur=0, inpaint_full_res=False, inpainting_fill=1,
                             denoising_strength=0.75, **QUICK)
    kept, anew = (0, 0, 128, 256), (128, 0, 256, 256)
    assert result.image.convert("RGB").crop(kept).tobytes() == first.convert("RGB").crop(kept).tobytes()
    assert result.image.convert("RGB").crop(anew).tobytes() != first.convert("RGB").crop(anew).tobytes()


def test_img2img_looks_only_at_what_is_masked():
    first = webui().txt2img(**QUICK).image
    large = first.resize((640, 400))
    mask = Image.new("L", large.size)
    mask.paste(255, (300, 100, 400, 200))
    result = webui().img2img(images=[large], mask_image=mask, mask_blur=0, inpaint_full_res=True, inpaint_full_res_padding=32,
                             inpainting_fill=1, denoising_strength=0.75, **QUICK)
    assert result.image.size == large.size
    kept, anew = (0, 0, 300, 400), (300, 100, 400, 200)
    assert result.image.convert("RGB").crop(kept).tobytes() == large.convert("RGB").crop(kept).tobytes()
    assert result.image.convert("RGB").crop(anew).tobytes() != large.convert("RGB").crop(anew).tobytes()
    assert "Inpaint area: Only masked, Masked area padding: 32" in result.info["infotexts"][0]


def test_units_of_controlnet_are_read():
    """The server here has none: it says which folder they would be in. (The client keeps its own default of scripts.)"""
    assert webui().controlnet_model_list() == []
    assert webui().controlnet_version() == 2
    unit = webuiapi.ControlNetUnit(image=Image.new("RGB", (256, 256)), module="none", model="canny [d14c016b]", weight=0.8,
                                   guidance_end=0.7)
    with pytest.raises(RuntimeError, match="--control-net-dir"):
        webui().txt2img(**QUICK, controlnet_units=[unit], alwayson_scripts={})
    detector = webuiapi.ControlNetUnit(image=Image.new("RGB", (256, 256)), module="canny", model="canny")
    with pytest.raises(RuntimeError, match="module wants none"):
        webui().txt2img(**QUICK, controlnet_units=[detector], alwayson_scripts={})


def test_txt2img():
    result = webui().txt2img(**QUICK, batch_size=2)
    for picture in result.images:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (256, 256))
    assert len(result.images) == 2
    assert result.info["all_seeds"] == [7, 8]
    assert result.info["steps"] == 4 and result.info["sampler_name"] == "Euler"
    assert result.info["infotexts"][0] == result.images[0].text["parameters"]
    assert result.parameters["prompt"] == "a red apple"


def test_high_resolution_fix_is_latent_space_scaling():
    api = webui()
    neural = next(mode["name"] for mode in api.get_latent_upscale_modes() if "LSSGen" in mode["name"])
    result = api.txt2img(**QUICK, enable_hr=True, hr_scale=2, hr_upscaler=neural, denoising_strength=0.75)
    result.image.load()
    assert result.image.size == (512, 512)
    assert "sizes=256x256,512x512" in result.info["infotexts"][0]


def test_progress_and_interrupt():
    api = webui()
    assert api.get_progress()["progress"] == 0
    thread, outcome = in_background(lambda: api.txt2img(**QUICK | {"steps": 200, "width": 512, "height": 512}))
    progress = wait_for_step(webui())
    assert 0 < progress["progress"] < 1
    assert progress["state"]["sampling_steps"] >= progress["state"]["sampling_step"]
    webui().interrupt()
    thread.join(timeout=60)
    assert outcome and outcome[0].images == [], "an interrupted call answers with what it has"
    assert webui().get_progress()["state"]["job_count"] == 0


def test_skip_leaves_out_one_picture():
    api = webui()
    thread, outcome = in_background(lambda: api.txt2img(**QUICK | {"steps": 100}, batch_size=2))
    wait_for_step(webui())
    webui().skip()
    thread.join(timeout=120)
    assert outcome and len(outcome[0].images) == 1


def test_lists():
    api = webui()
    assert "Euler" in api.util_get_sampler_names()
    assert "automatic" in [scheduler["name"] for scheduler in api.get_schedulers()]
    models = api.util_get_model_names()
    assert models and models[0] == api.get_options()["sd_model_checkpoint"]
    assert api.get_sd_vae() == [] and api.get_loras() == []
    assert [each["name"] for each in api.get_upscalers()] == ["None"]
    assert api.get_memory()["ram"]["used"] > 0


def test_options_choose_the_model():
    api = webui()
    name = api.get_options()["sd_model_checkpoint"]
    assert api.set_options({"sd_model_checkpoint": name}) is None
    api.util_set_model(name)
    assert api.get_options()["sd_model_checkpoint"] == name
    refused = requests.post(URL + "/sdapi/v1/options", json={"sd_model_checkpoint": "../../etc"}, timeout=30)
    assert refused.status_code == 422


def test_settings_are_read_back_from_the_picture():
    result = webui().txt2img(**QUICK)
    read = webui().png_info(result.image)
    assert read.info.startswith("a red apple") and "Seed: 7" in read.info
    assert read.parameters["Steps"] == "4"


def test_errors():
    with pytest.raises(RuntimeError) as caught:
        webui().txt2img(**QUICK | {"width": 1 << 20})
    status, text = caught.value.args
    assert status == 422 and "width" in text
    with pytest.raises(RuntimeError) as caught:
        webui().txt2img(**QUICK, sampler_name="No such sampler")
    assert caught.value.args[0] == 422


def test_key_is_the_password():
    assert webui(LOCKED_URL, username="me", password=LOCKED_KEY).get_options()["sd_model_checkpoint"] == "tiny"
    with pytest.raises(RuntimeError) as caught:
        webui(LOCKED_URL, username="me", password="wrong").txt2img(**QUICK)
    assert caught.value.args[0] == 401


def test_what_sillytavern_asks():
    """Its server's routes of stable diffusion, one after the other, with their bodies."""
    paths = "options samplers schedulers sd-models sd-vae upscalers latent-upscale-modes".split()
    answers = {path: requests.get(f"{URL}/sdapi/v1/{path}", timeout=30) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, 200)
    # Each list is read by this field.
    for path, field in {"samplers": "name", "schedulers": "name", "sd-models": "title", "upscalers": "name"}.items():
        assert all(item[field] for item in answers[path].json())
    body = QUICK | {
        "negative_prompt": "", "sampler_name": "Euler", "scheduler": "Automatic", "restore_faces": False,
        "enable_hr": False, "hr_upscaler": "Latent", "hr_scale": 1, "hr_additional_modules": [],
        "denoising_strength": 0.7, "hr_second_pass_steps": 0, "clip_skip": 1, "save_images": True,
        "send_images": True, "do_not_save_grid": False, "do_not_save_samples": False,
        "override_settings": {"CLIP_stop_at_last_layers": 1, "sd_vae": "Automatic", "forge_additional_modules": []},
        "override_settings_restore_afterwards": True,
    }  # fmt: skip
    answer = requests.post(URL + "/sdapi/v1/txt2img", json=body, timeout=120)
    assert answer.status_code == 200 and len(answer.json()["images"]) == 1
    progress = requests.get(URL + "/sdapi/v1/progress", timeout=30).json()
    assert progress["state"]["job_count"] == 0
    assert requests.post(URL + "/sdapi/v1/interrupt", timeout=30).status_code == 200
