"""A run can stop and go on."""

from __future__ import annotations

import copy
import csv
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")
pytest.importorskip("matplotlib", reason="training needs the [train] extra")

import models  # noqa: E402
from models.recipe import dataset  # noqa: E402
from models.recipe.augmentation import TrainingSampler  # noqa: E402
from models.recipe.export import slim  # noqa: E402
from models.recipe.train import Log, Plan, SampleDataset, arguments_of, save, train, update  # noqa: E402


def run(data_folder: Path, output: Path, images: int, *more: str) -> dict[str, object]:
    words = f"--data {data_folder} --output {output} --width 0.25 --size 64 --batch 4 --workers 0 --decay 0.9"
    train(arguments_of([*words.split(), "--images", str(images), "--validate-every", "8", *more]))
    return torch.load(output / "newest.pt", weights_only=True)


def test_a_run_that_goes_on_ends_where_an_uninterrupted_one_does(data_folder: Path, tmp_path: Path) -> None:
    assert run(data_folder, tmp_path / "stopped", 8)["step"] == 2
    stopped, whole = run(data_folder, tmp_path / "stopped", 16), run(data_folder, tmp_path / "whole", 16)
    assert stopped["step"] == whole["step"] == 4
    for name, weight in whole["average"].items():
        torch.testing.assert_close(stopped["average"][name], weight, rtol=1e-4, atol=1e-5)
    with (tmp_path / "stopped" / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["images"] for row in rows] == ["8", "16"]
    assert "london_boundary_f" in rows[0]
    assert (tmp_path / "stopped" / "metrics.png").stat().st_size > 0


def test_a_run_from_another_ones_shipped_weights_counts_the_pictures_of_both(data_folder: Path, tmp_path: Path) -> None:
    first = run(data_folder, tmp_path / "first", 8)
    torch.save(slim(first), tmp_path / "shipped.pt")
    second = run(data_folder, tmp_path / "second", 8, "--start", str(tmp_path / "shipped.pt"))
    assert second["images"] == 16
    assert second["trained_s"] > first["trained_s"]


def test_a_run_from_a_checkpoint_has_its_network_where_no_other_is_given(data_folder: Path, tmp_path: Path) -> None:
    network = "--decoder", "residual", "--dilation-multiplier", "2", "--expansion", "slim"
    first = run(data_folder, tmp_path / "first", 4, *network)
    start = "--start", str(tmp_path / "first" / "newest.pt")
    assert run(data_folder, tmp_path / "second", 4, *start)["architecture"] == first["architecture"]
    larger = run(data_folder, tmp_path / "larger", 4, *start, "--expansion", "lean")["architecture"]
    assert larger == {**first["architecture"], "expansion": "lean"}
    for given in (("--decoder", "wide"), ("--expansion", "leanest"), ("--head", "unet"), ("--width", "0.2")):
        with pytest.raises(SystemExit, match=r"newest\.pt does not fit: .* is missing in this network, or smaller"):
            run(data_folder, tmp_path / "refused", 4, *start, *given)


def test_a_run_that_goes_on_keeps_its_network_whatever_it_started_from(data_folder: Path, tmp_path: Path) -> None:
    run(data_folder, tmp_path / "other", 4, "--decoder", "residual", "--expansion", "slim")
    begun = run(data_folder, tmp_path / "run", 4)
    on = run(data_folder, tmp_path / "run", 8, "--start", str(tmp_path / "other" / "newest.pt"))
    assert on["architecture"] == begun["architecture"]
    assert on["images"] == 8


@pytest.mark.parametrize("name", ["preview", "capture"])
def test_training_goes_on_from_the_shipped_weights(data_folder: Path, tmp_path: Path, name: str) -> None:
    shipped = Path(models.__file__).with_name(f"{name}.pt")
    words = f"--data {data_folder} --output {tmp_path} --start {shipped} --size 64 --batch 4 --workers 0 --images 4"
    train(arguments_of(words.split()))
    before, after = (torch.load(file, weights_only=True) for file in (shipped, tmp_path / "newest.pt"))
    assert after["architecture"] == before["architecture"]
    assert after["images"] == before["images"] + 4


def test_a_pruned_network_counts_the_pictures_of_the_larger_one(data_folder: Path, tmp_path: Path) -> None:
    torch.save(slim(run(data_folder, tmp_path / "large", 8)), tmp_path / "large.pt")
    small = run(data_folder, tmp_path / "small", 8, "--prune", str(tmp_path / "large.pt"), "--expansion", "slim")
    assert small["images"] == 16
    assert len(small["runs"]) == 2


def test_weights_keep_the_licences_of_all_that_they_were_trained_on(data_folder: Path, tmp_path: Path) -> None:
    torch.save(slim(run(data_folder, tmp_path / "first", 4, "--licences", "unclear")), tmp_path / "first.pt")
    more = "--start", str(tmp_path / "first.pt"), "--licences"
    assert run(data_folder, tmp_path / "second", 4, *more, "permissive")["licences"] == ["permissive", "unclear"]
    gone_on = run(data_folder, tmp_path / "second", 8, *more, "attribution")
    assert gone_on["licences"] == ["permissive", "attribution", "unclear"]


def test_a_batch_with_nan_leaves_no_trace_in_the_network() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.AdamW(network.parameters())
    for last in (0.5, float("nan")):
        before = copy.deepcopy(network.state_dict())
        statistics = [buffer.clone() for buffer in network.buffers()]
        batch = torch.rand(2, 3, 8, 8)
        batch[0, 0, 0, 0] = last
        loss = (network(batch) - 1).square().mean()
        assert update(network, optimizer, loss, statistics) == (last == 0.5)
        same = [torch.equal(before[name], weight) for name, weight in network.state_dict().items()]
        assert not any(same) if last == 0.5 else all(same)


@pytest.mark.parametrize("name", ["network", "average"])
def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path, name: str) -> None:
    save(tmp_path / "newest.pt", {"step": 1, name: {"weight": torch.ones(3)}})
    with pytest.raises(FloatingPointError, match="not finite"):
        save(tmp_path / "newest.pt", {"step": 2, name: {"weight": torch.tensor([1, float("inf")])}})
    assert torch.load(tmp_path / "newest.pt", weights_only=True)["step"] == 1


def test_samples_keep_their_order_after_an_interruption(data_folder: Path) -> None:
    sampler = TrainingSampler(dataset.load(data_folder, "train"), 64)
    whole, rest = SampleDataset(sampler, 3, 0, 8), SampleDataset(sampler, 3, 5, 3)
    for ours, theirs in zip(whole[6], rest[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_checkpoint_is_whole_or_the_old_one(tmp_path: Path) -> None:
    save(tmp_path / "newest.pt", {"step": 1})
    with pytest.raises(Exception, match=r"(?i)pickle|local"):
        save(tmp_path / "newest.pt", {"step": 2, "broken": lambda: None})
    assert torch.load(tmp_path / "newest.pt", weights_only=True)["step"] == 1


def test_the_rate_warms_up_stays_and_falls_to_zero() -> None:
    plan = Plan(images=16_000, batch=16, size_px=256, rate=1e-3, decay=0.3, seed=0)
    assert plan.rate_at(0) < 0.01
    assert plan.rate_at(500) == 1
    assert 0 < plan.rate_at(900) < 0.5
    assert plan.rate_at(999) < 0.01


def test_what_was_logged_after_the_last_checkpoint_is_logged_once(tmp_path: Path) -> None:
    log = Log(tmp_path / "metrics.csv", 0)
    for images in (8, 16, 24):
        log.add({"images": images, "matte": 0.5})
    Log(tmp_path / "metrics.csv", 16).add({"images": 24, "matte": 0.4})
    rows = (tmp_path / "metrics.csv").read_text().split()
    assert rows == ["images,matte", "8,0.5", "16,0.5", "24,0.4"]


def test_an_empty_log_of_a_killed_run_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.touch()
    Log(path, 8).add({"images": 16, "matte": 0.5})
    assert path.read_text().split() == ["images,matte", "16,0.5"]


def test_a_log_keeps_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("images,matte\n8,0.5\n")
    Log(path, 8).add({"images": 16, "matte": 0.4, "skipped": 1})
    assert path.read_text().split() == ["images,matte", "8,0.5", "16,0.4"]
