"""A job is data: run here, or in another process, it gives the same report; and a mistake in it is one line."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.evaluate import grid
from agent.evaluate.grid import run_grid
from agent.evaluate.job import Job, load, run_job
from agent.evaluate.options import Options
from sim.theme import load_theme

POLICIES = Path(__file__).parent / "policies.py"
ELSEWHERE = Options(2, frames=8, environment=f"{POLICIES}:Corridor")


def job_of(kind: str, out: Path, suite: str = "faithfulness") -> Job:
    return Job((f"{POLICIES}:{kind}",), suite, str(out), ELSEWHERE)


def test_a_job_in_a_process_of_its_own_gives_the_report_that_it_gives_here(tmp_path: Path) -> None:
    here = run_job(job_of("InCorridors", tmp_path / "here"))
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps([job_of("InCorridors", tmp_path / "there").to_json()]))
    command = [sys.executable, "-m", "agent.evaluate.grid", str(file)]
    subprocess.run(command, check=True, timeout=120, cwd=Path(__file__).parents[2], capture_output=True)
    assert (tmp_path / "there" / "report.json").read_bytes() == here.read_bytes()
    assert json.loads(here.read_text())["policies"]["InCorridors"]["sample"]["episodes"] == 2


def test_a_job_is_written_and_read_without_loss(tmp_path: Path) -> None:
    for options in (Options(2), Options(3, 10_000, 9, "town", ("snow", "night"), 2), ELSEWHERE):
        job = Job(("topk-patches", "expert"), "driving", str(tmp_path), options)
        assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_a_job_with_an_object_in_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a job is data"):
        Job(("expert",), "driving", str(tmp_path), Options(2, theme=load_theme("snow"))).to_json()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "expected an object with policies, suite, out, options"),
        ({"policies": ["expert"], "suite": "driving", "out": "x"}, "job without 'options'"),
        ({"policy": ["expert"], "suite": "driving", "out": "x", "options": {}}, "did you mean 'policies'"),
        ({"policies": ["expert"], "suite": "driving", "out": "x", "options": {"episode": 1}}, "mean 'episodes'"),
        ({"policies": ["expert"], "suite": "driving", "out": "x", "options": {}}, "option without 'episodes'"),
        (
            {"policies": "expert", "suite": "driving", "out": "x", "options": {"episodes": 1}},
            "expected a list of names",
        ),
        ({"policies": ["expert"], "suite": "driving", "out": 5, "options": {"episodes": 1}}, "out 5: expected a text"),
        (
            {"policies": ["expert"], "suite": "driving", "out": "x", "options": {"episodes": 1.5}},
            "expected a whole number",
        ),
    ],
)
def test_what_is_no_job_is_told_in_one_line(data: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Job.from_json(data)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_job_that_fails_is_one_line_and_the_others_go_on(processes: int, tmp_path: Path) -> None:
    jobs = [job_of("Breaks", tmp_path / "a", "driving"), job_of("InCorridors", tmp_path / "b", "driving")]
    broken, well = run_grid(jobs, processes)
    assert (broken.report, broken.error) == (None, "RuntimeError: it broke badly")
    assert well.report == tmp_path / "b" / "report.json"
    assert well.report.is_file()


def test_a_policy_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    (result,) = run_grid([job_of("Gone", tmp_path)])
    assert "unknown policy of" in result.error


def test_a_killed_process_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def killed(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], -signal.SIGKILL, "", "")

    monkeypatch.setattr(grid.subprocess, "run", killed)
    (result,) = run_grid([job_of("InCorridors", tmp_path)], 2)
    assert (result.report, result.error) == (None, "the process ended with status -9")


def test_grids_that_cannot_be_are_refused(tmp_path: Path) -> None:
    job = job_of("InCorridors", tmp_path)
    with pytest.raises(ValueError, match="two jobs write into"):
        run_grid([job, job])
    with pytest.raises(ValueError, match="processes 0"):
        run_grid([job], 0)


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_file_without_jobs_is_one_line_and_exit_2(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "jobs.json"
    file.write_text(text)
    with pytest.raises(SystemExit, match="2"):
        grid.main([str(file)])
    assert capsys.readouterr().err.count("\n") == 1


def test_policies_are_named_by_object_too() -> None:
    (found,) = load((f"{POLICIES}:Soft",)).items()
    assert (found[0], type(found[1]).__name__) == ("Soft", "Soft")
    with pytest.raises(ValueError, match="is of type tuple"):
        load((f"{POLICIES}:SIZE",))
