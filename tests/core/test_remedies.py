"""Whoever is told what to change, and changes it, has a run that fits."""

from dataclasses import replace
from pathlib import Path

import pytest
from any_scenario import cards, runnable
from hypothesis import assume, given

from core.catalogue.calibration import load_calibration
from core.means import COSTS, Cost, Means, choices
from core.memory import FitStatus, Gpu, Scenario, Task, estimate, judge, refusal
from core.memory.edge import validated
from core.memory.units import GIB
from core.remedies import Remedy, cards_that_hold, fits_by_estimate, fits_on, further, gains, ranked, remedies, smallest_card

SHIPPED = load_calibration(Path(__file__).resolve().parents[2] / "resources" / "calibration.json")


def found_for(scenario: Scenario, usable_bytes: int) -> list[Remedy]:
    return ranked(remedy for remedy in remedies(scenario, fits_on(usable_bytes, None)) if remedy)


def steps_of(remedy: Remedy) -> list[tuple[str, object]]:
    return [(step.means.value, step.value) for step in remedy.steps]


class TestEveryRemedy:
    @given(runnable, cards)
    def test_applied_fits_and_saves_what_it_says(self, scenario, usable_bytes):
        fits = fits_on(usable_bytes, None)
        assume(not fits(scenario))
        before = estimate(scenario).total_bytes
        for remedy in found_for(scenario, usable_bytes):
            assert refusal(remedy.scenario) is None
            found = estimate(remedy.scenario)
            assert judge(found.total_bytes, usable_bytes, found.peak.stack).status is FitStatus.FITS
            assert remedy.saved_bytes == before - found.total_bytes
            assert all(step.burden > 0 for step in remedy.steps)

    @given(runnable, cards)
    def test_fits_by_the_calibration_that_ships(self, scenario, usable_bytes):
        """As the window judges: by the band of its kind of run."""
        fits = fits_on(usable_bytes, SHIPPED)
        assume(not fits(scenario))
        found = [remedy for remedy in remedies(scenario, fits) if remedy]
        for remedy in [*found, *filter(None, further(scenario, fits, found))]:
            result = estimate(remedy.scenario, SHIPPED)
            assert judge(result.total_bytes, usable_bytes, result.peak.stack, result.sure_bytes).status is FitStatus.FITS

    @given(runnable, cards)
    def test_half_of_a_pair_does_not_fit(self, scenario, usable_bytes):
        """Else it would be a single change, and the other half in vain."""
        fits = fits_on(usable_bytes, None)
        assume(not fits(scenario))
        found = found_for(scenario, usable_bytes)
        alone = [steps_of(remedy)[0] for remedy in found if len(remedy.steps) == 1]
        for remedy in found:
            if len(remedy.steps) == 2:
                assert not [step for step in steps_of(remedy) if step in alone]
                assert len({step.means for step in remedy.steps}) == 2

    @given(runnable, cards)
    def test_of_the_longer_list_fits_and_changes_more(self, scenario, usable_bytes):
        fits = fits_on(usable_bytes, None)
        assume(not fits(scenario))
        found = found_for(scenario, usable_bytes)
        single = {remedy.steps[0].means: remedy for remedy in found if len(remedy.steps) == 1}
        for remedy in filter(None, further(scenario, fits, found)):
            assert fits(remedy.scenario)
            assert remedy.saved_bytes == estimate(scenario).total_bytes - estimate(remedy.scenario).total_bytes
            assert remedy not in found
            assert remedy.burden >= single[remedy.steps[0].means].burden

    @given(runnable, cards)
    def test_nothing_else_changes(self, scenario, usable_bytes):
        """The model, the card and the task stay what they were."""
        for remedy in found_for(scenario, usable_bytes):
            for field in ("architecture", "gpu", "task", "runtime", "estimator", "name"):
                assert getattr(remedy.scenario, field) == getattr(scenario, field)

    @given(runnable, cards)
    def test_by_the_estimate_alone_fits_by_the_estimate(self, scenario, usable_bytes):
        fits = fits_by_estimate(usable_bytes)
        assume(not fits(scenario))
        for remedy in remedies(scenario, fits):
            assert remedy is None or estimate(remedy.scenario).total_bytes <= usable_bytes


class TestEveryGain:
    @given(runnable, cards)
    def test_fits_and_is_more(self, scenario, usable_bytes):
        fits = fits_on(usable_bytes, None)
        assume(fits(scenario))
        for gain in gains(scenario, fits):
            if gain is not None:
                assert fits(gain.scenario)
                assert estimate(gain.scenario).total_bytes >= estimate(scenario).total_bytes
                assert gain.scenario != scenario


class TestWhatIsOffered:
    def test_weights_that_alone_do_not_fit_ask_for_narrower_ones(self, llama_7b):
        found = found_for(Scenario(architecture=llama_7b), 12 * GIB)
        assert steps_of(found[0]) == [("weights", "int8")]
        assert COSTS[found[0].steps[0].means] is Cost.ACCURACY

    def test_a_long_context_may_be_shortened_to_what_one_would_type(self, llama_7b):
        found = found_for(Scenario(architecture=llama_7b, context_length=32_768), 24 * GIB)
        context = next(remedy for remedy in found if steps_of(remedy)[0][0] == "context" and len(remedy.steps) == 1)
        assert context.scenario.context_length % 512 == 0
        assert 8192 < context.scenario.context_length < 32_768

    def test_the_cheapest_change_goes_first(self, llama_7b):
        """Eager attention over a long prompt is the only reason that it runs out: another kernel costs nothing."""
        scenario = validated(Scenario, architecture=llama_7b, context_length=8192, attention="eager")
        found = found_for(scenario, 24 * GIB)
        assert steps_of(found[0]) == [("attention", "sdpa")]
        assert COSTS[Means.ATTENTION] is Cost.NOTHING

    def test_a_micro_batch_divides_the_batch_so_that_accumulation_makes_it_up(self, llama_7b):
        scenario = validated(Scenario, architecture=llama_7b, task="training", method="lora", batch_size=12, gradient_checkpointing=True)
        found = found_for(scenario, 40 * GIB)
        [micro] = [remedy for remedy in found if steps_of(remedy)[0][0] == "micro_batch" and len(remedy.steps) == 1]
        assert 12 % micro.scenario.batch_size == 0

    def test_llama_cpp_may_leave_layers_to_the_host(self, llama_7b):
        scenario = validated(Scenario, architecture=llama_7b, runtime="llama.cpp", weights="q8_0", kv_cache="fp16")
        found = found_for(scenario, 6 * GIB)
        assert any(steps_of(remedy)[0][0] == "layers" for remedy in found)

    def test_where_two_do_not_do_it_a_plan_of_more_has_no_step_in_vain(self, llama_7b):
        scenario = validated(Scenario, architecture=llama_7b, task="training", batch_size=8)
        plan = found_for(scenario, 24 * GIB)[0]
        assert len(plan.steps) > 2
        assert {step.means for step in plan.steps} >= {Means.METHOD, Means.CHECKPOINTING}

    def test_nothing_is_offered_where_nothing_helps(self, llama_70b):
        assert found_for(Scenario(architecture=llama_70b), 24 * GIB) == []

    def test_room_that_is_left_is_told(self, llama_7b):
        scenario = validated(Scenario, architecture=llama_7b, weights="int4")
        found = {gain.means: gain.value for gain in gains(scenario, fits_on(24 * GIB, None)) if gain}
        assert set(found) == {Means.CONTEXT, Means.BATCH, Means.WEIGHTS}
        assert found[Means.WEIGHTS].value == "bf16"


class TestSmallestCard:
    CARDS = tuple(
        Gpu(name=name, vendor=vendor, memory_bytes=size * GIB, usable_bytes=size * GIB, launch_year=year, source="x", usable_source="x")
        for name, vendor, size, year in (
            ("A", "NVIDIA", 24, 2020),
            ("B", "NVIDIA", 24, 2022),
            ("C", "AMD", 20, 2022),
            ("D", "NVIDIA", 80, 2022),
        )
    )

    def test_is_of_the_same_maker_and_the_newest(self, llama_7b):
        scenario = Scenario(architecture=llama_7b)
        found = estimate(scenario)
        assert smallest_card(found, self.CARDS, "NVIDIA", scenario).name == "B"
        assert smallest_card(found, self.CARDS, "AMD", scenario).name == "C"

    def test_is_another_makers_where_there_is_none(self, llama_13b):
        scenario = Scenario(architecture=llama_13b)
        assert smallest_card(estimate(scenario), self.CARDS, "AMD", scenario).name == "D"

    def test_the_next_sizes_follow_one_of_each(self, llama_7b):
        scenario = Scenario(architecture=llama_7b)
        assert [gpu.name for gpu in cards_that_hold(estimate(scenario), self.CARDS, "NVIDIA", scenario)] == ["B", "D", "C"]

    def test_is_none_where_no_card_holds_it(self, llama_70b):
        scenario = Scenario(architecture=llama_70b)
        assert smallest_card(estimate(scenario), self.CARDS, "NVIDIA", scenario) is None


@pytest.mark.parametrize("means", Means)
def test_every_kind_has_its_price(means):
    assert means in COSTS


def test_a_reference_model_can_be_asked_before_training(llama_7b):
    dpo = Scenario(architecture=llama_7b).evolve(task=Task.TRAINING, recipe="pure16", objective="dpo", context_length=1024)
    (option,) = choices(dpo, Means.REFERENCE)
    assert option.scenario == dpo.evolve(precomputed_reference=True)
    assert estimate(option.scenario).total_bytes < estimate(dpo).total_bytes
    for without in (dpo.evolve(objective="orpo"), dpo.evolve(precomputed_reference=True), dpo.evolve(objective="next-token")):
        assert choices(without, Means.REFERENCE) == []


class TestExperts:
    """llama.cpp leaves the experts of the first layers with the host: what people do before they leave whole layers."""

    def served(self, llama_7b, **changes):
        shape = {"num_experts": 16, "num_experts_per_tok": 2, "moe_intermediate_size": 8192, "first_k_dense_replace": 2}
        run = Scenario(architecture=replace(llama_7b, **shape))
        return run.evolve(runtime="llama.cpp", weights="q4_k_m", **changes)

    def test_as_few_as_it_takes_stay_with_the_host(self, llama_7b):
        run, fits = self.served(llama_7b), fits_on(12 * GIB, None)
        (found,) = [remedy for remedy in found_for(run, 12 * GIB) if [step.means for step in remedy.steps] == [Means.EXPERTS]]
        count = found.scenario.n_cpu_moe
        assert 0 < count < 30
        assert fits(found.scenario)
        assert not fits(run.evolve(n_cpu_moe=count - 1))

    def test_it_comes_before_whole_layers(self, llama_7b):
        kinds = [remedy.steps[0].means for remedy in found_for(self.served(llama_7b), 12 * GIB) if len(remedy.steps) == 1]
        assert kinds.index(Means.EXPERTS) < kinds.index(Means.LAYERS)

    def test_where_even_all_of_them_are_too_little_there_is_none(self, llama_7b):
        kinds = [step.means for remedy in found_for(self.served(llama_7b), 2 * GIB) for step in remedy.steps]
        assert Means.EXPERTS not in kinds

    def test_a_model_without_any_has_none(self, llama_70b):
        run = Scenario(architecture=llama_70b).evolve(runtime="llama.cpp", weights="q4_k_m")
        assert Means.EXPERTS not in [step.means for remedy in found_for(run, 24 * GIB) for step in remedy.steps]
