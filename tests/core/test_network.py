"""What GPUs send each other: the published counts, as named special cases."""

import pytest

from core.memory import Interconnect, Method, Offload, Recipe, Scenario, Sharding, Task, architecture_from_parameter_count, parameter_count
from core.network import Traffic, idle_share, traffic

TRAINING = Scenario(
    architecture=architecture_from_parameter_count(7 * 10**9), task=Task.TRAINING, recipe=Recipe.MIXED, context_length=4096, batch_size=2
)
STATES = 2 * TRAINING.batch_size * TRAINING.context_length * TRAINING.architecture.hidden_size
LAYERS = TRAINING.architecture.num_hidden_layers


def test_one_gpu_sends_nothing() -> None:
    assert traffic(TRAINING) == Traffic()


def test_replicas_send_twice_the_gradients_and_full_sharding_thrice_the_weights() -> None:
    """Rajbhandari et al. 2020, section 7: 2 psi for ZeRO-1 and -2 as for plain data parallelism, 3 psi for ZeRO-3."""
    psi = 2 * parameter_count(TRAINING.architecture) * 7 / 8
    for sharding, times in ((Sharding.NONE, 2), (Sharding.ZERO1, 2), (Sharding.ZERO2, 2), (Sharding.ZERO3, 3), (Sharding.FSDP2, 3)):
        sent = traffic(TRAINING.evolve(data_parallel_size=8, sharding=sharding))
        assert sent.inside_bytes == pytest.approx(times * psi)
        assert sent.between_bytes == 0


def test_full_sharding_gathers_for_every_micro_batch() -> None:
    once, four = (traffic(TRAINING.evolve(data_parallel_size=8, sharding=Sharding.FSDP2, num_microbatches=n)) for n in (1, 4))
    assert four.inside_bytes == pytest.approx(4 * once.inside_bytes)


def test_divided_matrices_add_up_hidden_states_four_times_a_layer() -> None:
    """Shoeybi et al. 2019: two sums forward, two backward; a third pass under checkpointing."""
    plain = traffic(TRAINING.evolve(tensor_parallel_size=4))
    assert plain.inside_bytes == pytest.approx(4 * 2 * 3 / 4 * STATES * LAYERS)
    again = traffic(TRAINING.evolve(tensor_parallel_size=4, gradient_checkpointing=True))
    assert again.inside_bytes == pytest.approx(1.5 * plain.inside_bytes)


def test_what_leaves_the_machine_goes_through_the_network() -> None:
    outside = traffic(TRAINING.evolve(data_parallel_size=16, sharding=Sharding.FSDP2))
    assert outside.inside_bytes == 0 < outside.between_bytes
    hybrid = traffic(TRAINING.evolve(data_parallel_size=16, sharding=Sharding.FSDP2_HYBRID))
    assert 0 < hybrid.between_bytes < outside.between_bytes
    assert hybrid.seconds(Interconnect.NVLINK) < outside.seconds(Interconnect.NVLINK)


def test_stages_hand_on_hidden_states_and_stand_still_meanwhile() -> None:
    staged = TRAINING.evolve(pipeline_parallel_size=4, num_microbatches=12)
    assert traffic(staged).inside_bytes == pytest.approx(12 * 2 * STATES)
    assert idle_share(staged) == pytest.approx(3 / 15)  # Narayanan et al. 2021
    assert idle_share(TRAINING) == 0


def test_adapters_send_little_unless_the_base_is_gathered() -> None:
    lora = TRAINING.evolve(method=Method.LORA, data_parallel_size=8)
    assert traffic(lora).inside_bytes < 0.02 * traffic(TRAINING.evolve(data_parallel_size=8)).inside_bytes
    assert traffic(lora.evolve(sharding=Sharding.FSDP2)).inside_bytes > 50 * traffic(lora).inside_bytes


def test_a_quantized_base_is_gathered_as_it_is_stored() -> None:
    lora = TRAINING.evolve(method=Method.LORA, data_parallel_size=8, sharding=Sharding.FSDP2)
    qlora = lora.evolve(method=Method.QLORA, weights="nf4")
    assert traffic(qlora).inside_bytes == pytest.approx(traffic(lora).inside_bytes / 4, rel=0.05)


def test_whole_layers_again_are_a_third_pass() -> None:
    split = TRAINING.evolve(tensor_parallel_size=2)
    again = traffic(split.evolve(gradient_checkpointing=True)).inside_bytes
    assert traffic(split.evolve(recompute="uniform", recompute_num_layers=4)).inside_bytes == again == 1.5 * traffic(split).inside_bytes


def test_offload_goes_over_pcie() -> None:
    sharded = TRAINING.evolve(data_parallel_size=8, sharding=Sharding.ZERO3)
    optimizer = sharded.evolve(offload_optimizer=Offload.CPU)
    both = optimizer.evolve(offload_parameters=Offload.CPU)
    assert 0 == traffic(sharded).host_bytes < traffic(optimizer).host_bytes < traffic(both).host_bytes


def test_decoding_adds_up_two_vectors_a_layer() -> None:
    serving = Scenario(architecture=TRAINING.architecture, batch_size=8)
    sent = traffic(serving.evolve(tensor_parallel_size=2))
    assert sent.inside_bytes == pytest.approx(2 * 2 * 1 / 2 * 2 * 8 * serving.architecture.hidden_size * LAYERS)
    assert traffic(serving.evolve(pipeline_parallel_size=2)).sent_bytes < sent.sent_bytes
    assert idle_share(serving.evolve(pipeline_parallel_size=2, batch_size=1)) == 0.5
    assert idle_share(serving.evolve(pipeline_parallel_size=2)) == 0
