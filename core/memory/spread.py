"""A training step on many GPUs: the film of each distinct one.

Every GPU runs the formulas of one GPU on its part of the model (core.memory.division); what replicas divide, and what they gather again,
is core.memory.sharding's. Pipeline stages differ by their layers, by the micro-batches in flight, and by embedding, head and loss; all
other GPUs of a stage are alike.
"""

from core.memory.backward import Instants
from core.memory.communication import Traffic, Unit, library_bytes, traffic
from core.memory.components import Cause, Device, HostBytes, Moment, MomentName, Stack
from core.memory.division import Stage, on_stage, stages, with_gpus_of_stage
from core.memory.formats import unquantized_bytes_per_value
from core.memory.lora import adapter_parameters
from core.memory.numerics import Numerics, numerics
from core.memory.offload import offloaded, on_machine
from core.memory.optimizers import optimizer_state_bytes, optimizer_step_bytes
from core.memory.parallel import Parallelism, Sharding
from core.memory.parameters import (
    embedding_parameters,
    factored_parameters,
    largest_layer_parameters,
    linear_parameters,
    norm_parameters,
    outside_parameters,
    position_parameters,
    routed_parameters,
    vector_parameters,
)
from core.memory.prediction_training import trained_outside
from core.memory.preference import holds_reference
from core.memory.recompute import Kept, kept_on_stage
from core.memory.runtime import sharded_reserve_bytes, split_reserve_bytes
from core.memory.scenario import Gradients, Method, Optimizer, Scenario
from core.memory.sharding import (
    DIVIDES_GRADIENTS,
    DIVIDES_STATES,
    DIVIDES_WEIGHTS,
    FSDP,
    FSDP2,
    GRAD_OP,
    Shares,
    Values,
    Widths,
    shares,
    widths,
)
from core.memory.training import (
    AT_LOSS,
    ModelState,
    input_bytes,
    largest_matrix_parameters,
    model_state,
    passes,
    reserves,
    reserving,
    stored_weight_bytes,
)
from core.memory.units import ceil_div
from core.memory.weights import buffer_bytes


def training_devices(scenario: Scenario, runtime_bytes: int) -> tuple[tuple[Device, ...], HostBytes]:
    """The distinct GPUs of a run, in rank order, and what the fullest machine keeps for its GPUs."""
    parallel = scenario.parallel
    found: list[Device] = []
    first_layer, host = 0, HostBytes()
    for stage in stages(scenario.architecture, parallel):
        moments, of_gpu = _film(on_stage(scenario, stage, first_layer), parallel, stage, runtime_bytes + library_bytes(parallel))
        first_layer += stage.layers
        host = max(host, of_gpu, key=lambda each: sum(each))
        with_gpus_of_stage(found, moments, stage, parallel)
    return tuple(found), on_machine(host, parallel)


def stage_moments(scenario: Scenario, runtime_bytes: int, number: int) -> tuple[Moment, ...]:
    """The film of a GPU of one stage alone."""
    parallel = scenario.parallel
    every = stages(scenario.architecture, parallel)
    local = on_stage(scenario, every[number], sum(stage.layers for stage in every[:number]))
    return _film(local, parallel, every[number], runtime_bytes + library_bytes(parallel))[0]


def values_on_stage(scenario: Scenario, parallel: Parallelism, stage: Stage) -> tuple[Values, int]:
    """Values of the model on a GPU of ``stage``, and those of them outside the layers: the embedding on the first stage, final norm and
    head on the last, which has its own copy of an embedding that is both; what heads that predict tokens ahead have beside their layers.
    """
    arch = scenario.architecture
    routed = arch.num_moe_layers * routed_parameters(arch)
    dense = linear_parameters(arch) + vector_parameters(arch) - routed
    outside = outside_parameters(arch)
    if not (stage.first and stage.last):
        outside = 0
        if stage.first:
            outside += embedding_parameters(arch) + position_parameters(arch)
        if stage.last:
            outside += embedding_parameters(arch) + norm_parameters(arch, arch.hidden_size)
    if scenario.mtp_num_layers:
        outside += trained_outside(scenario, parallel.tensor_parallel_size, embedding=not (stage.first or arch.tie_word_embeddings))
    return Values(dense + outside, routed // parallel.expert_parallel_size), outside


def _state_of_full(scenario: Scenario, wide: Widths, parallel: Parallelism, values: Values, by: Shares) -> ModelState:
    """What the model takes on one GPU when every weight is trained."""
    sharding = parallel.sharding
    part = by.of(values)
    stored = part if sharding in DIVIDES_WEIGHTS else values.all
    with_states = part if sharding in DIVIDES_STATES else values.all
    gradients = wide.gradient * (part if sharding in DIVIDES_GRADIENTS else values.all)
    factored = 0
    if scenario.optimizer is Optimizer.ADAFACTOR:
        factored = -(-factored_parameters(scenario.architecture) * with_states // values.all)
    n = wide.numerics
    states = optimizer_state_bytes(scenario.optimizer, n, with_states, factored)
    largest = min(with_states, largest_matrix_parameters(scenario.architecture))
    stepped_gradients = gradients
    if scenario.gradients is Gradients.IN_BACKWARD:  # one matrix at a time
        with_states, stepped_gradients = largest, wide.gradient * largest
    if n.master and parallel.reduces_in_fp32:
        work = 0  # the gradients are as wide as the master weights already
    elif sharding is Sharding.ZERO3:
        work = optimizer_step_bytes(scenario.optimizer, scenario.optimizer_implementation, n, min(with_states, SUB_GROUP_SIZE), largest)
    else:
        work = optimizer_step_bytes(scenario.optimizer, scenario.optimizer_implementation, n, with_states, largest)
    frozen = scenario.architecture.vision_parameters
    tower = wide.gathered * (ceil_div(frozen, by.dense) if sharding in DIVIDES_WEIGHTS else frozen)
    buffers = buffer_bytes(scenario.architecture) + tower
    reference = wide.gathered * stored + buffers if holds_reference(scenario) else 0
    return ModelState(wide.weight * stored + buffers + reference, gradients, states, stepped_gradients, work)


#: Values that ZeRO-3 steps at once (``sub_group_size``).
SUB_GROUP_SIZE = 10**9


def _state_of_adapters(scenario: Scenario, n: Numerics, parallel: Parallelism, outside: int, by: Shares) -> ModelState:
    """The same when only adapters are trained, beside weights that are frozen."""
    sharding = parallel.sharding
    whole = model_state(scenario, n)
    all_frozen = stored_weight_bytes(scenario, n, 0)
    frozen = all_frozen - unquantized_bytes_per_value(scenario.weights) * (outside_parameters(scenario.architecture) - outside)

    def part(size: int, divides: frozenset[Sharding]) -> int:
        return -(-size // by.dense) if sharding in divides else size

    return ModelState(
        part(frozen, DIVIDES_WEIGHTS) + part(whole.weights - all_frozen, DIVIDES_WEIGHTS),
        part(whole.gradients, DIVIDES_GRADIENTS),
        part(whole.optimizer, DIVIDES_STATES),
        part(whole.stepped_gradients, DIVIDES_GRADIENTS),
        part(whole.step_work, DIVIDES_STATES),
    )


def _units(scenario: Scenario, n: Numerics, wide: Widths, values: Values, outside: int) -> Unit:
    """What is gathered at once. Frozen weights are gathered as they are stored."""
    layers = max(1, scenario.architecture.num_hidden_layers)
    if scenario.method is Method.FULL:
        arch = scenario.architecture
        of_experts = routed_parameters(arch) if arch.num_moe_layers else 0
        layer = largest_layer_parameters(arch) - of_experts + values.routed // max(1, arch.num_moe_layers)
        return Unit(wide.gathered * layer, wide.gathered * outside, wide.gathered * values.all, layer, outside, values.all)
    width = unquantized_bytes_per_value(scenario.weights)
    root = width * outside
    adapters = adapter_parameters(scenario)
    model = stored_weight_bytes(scenario, n, 0) - width * (outside_parameters(scenario.architecture) - outside)
    return Unit((model - root) // layers, root, model, adapters // layers, 0, adapters)


def _film(scenario: Scenario, parallel: Parallelism, stage: Stage, runtime_bytes: int) -> tuple[tuple[Moment, ...], HostBytes]:
    """Load, forward, backward, optimizer step and the level between steps, of a GPU whose own scenario is ``scenario``; and what it keeps
    on its host.
    """
    n = numerics(scenario)
    full = scenario.method is Method.FULL
    wide, by = widths(n, parallel), shares(parallel)
    values, outside = values_on_stage(scenario, parallel, stage)
    if full:
        model = _state_of_full(scenario, wide, parallel, values, by)
        all_gradients = n.gradient * values.all
    else:
        model = _state_of_adapters(scenario, n, parallel, outside, by)
        all_gradients = model_state(scenario, n).gradients
    model, host = offloaded(model, wide.numerics, parallel)
    kept = kept_on_stage(scenario, n, parallel, stage)
    host = host._replace(activations=kept.moved)
    buffers = traffic(kept.scenario, n, parallel, _units(scenario, n, wide, values, outside), stage)

    load = Stack(weights=model.weights, communication=buffers.always, runtime=runtime_bytes)
    in_buckets = parallel.sharding is Sharding.NONE and parallel.gradient_as_bucket_view
    if parallel.sharding is Sharding.MEGATRON or in_buckets:
        load = load._replace(gradients=model.gradients)  # one buffer, there from the start
    step = load._replace(inputs=input_bytes(scenario), optimizer=0 if scenario.first_step else model.optimizer)
    in_pass = step
    if scenario.gradients is Gradients.ACCUMULATED:
        whole = parallel.sharding in FSDP and not parallel.sync_each_batch
        in_pass = step._replace(gradients=_unreduced(n, parallel, all_gradients) if whole else model.gradients)
    forward, backward = passes(kept.scenario, n, in_pass, kept.saved, all_gradients)
    forward = _on_gpu(forward, in_pass, kept, stage, buffers, all_gradients, model)
    backward = _on_gpu(backward, in_pass, kept, stage, buffers.of_backward, all_gradients, model)

    stepped = step._replace(
        gradients=model.stepped_gradients,
        optimizer=model.optimizer,
        workspace=model.step_work,
        communication=buffers.always + buffers.in_step,
    )
    between = step._replace(optimizer=model.optimizer)
    if parallel.sharding in DIVIDES_WEIGHTS:
        # what stays gathered for a whole step comes and goes with none of the units
        stays = parallel.sharding in GRAD_OP or parallel.pipeline_parallel_size > 1
        gathered = 0 if stays else buffers.at_loss
        transient = max(_transient(instant) for instant, _ in (*forward, *backward)) + gathered
        in_passes, in_step = sharded_reserve_bytes(transient, gathered, model.step_work + model.stepped_gradients)
    else:
        in_passes, in_step = reserves(scenario, kept.saved.layers + kept.others, backward, model.step_work)
        if parallel.tensor_parallel_size * parallel.pipeline_parallel_size > 1:
            transient = max(_transient(instant) for instant, _ in (*forward, *backward))
            in_passes = max(in_passes, split_reserve_bytes(transient))
            in_step = max(in_step, split_reserve_bytes(transient + model.step_work))
    moments = (
        Moment(MomentName.LOAD, load, Cause.RESIDENT),
        reserving(in_passes, MomentName.FORWARD, forward),
        reserving(in_passes, MomentName.BACKWARD, backward),
        reserving(in_step, MomentName.OPTIMIZER_STEP, [(stepped, Cause.OPTIMIZER)]),
        Moment(MomentName.BETWEEN_STEPS, between, Cause.RESIDENT),
    )
    return moments, host


def _unreduced(n: Numerics, parallel: Parallelism, all_gradients: int) -> int:
    """Gradients of the whole part that add up over micro-batches; fully_shard adds them up in the width they are reduced in.

    Of interleaved pieces torch's schedule takes as many micro-batches as there are stages backward through one, reduces its gradients and
    goes on to the one before (``ScheduleInterleaved1F1B``'s rounds): with no more of them the gradients of one piece are there at once.
    """
    wider = parallel.sharding in FSDP2 and parallel.reduces_in_fp32
    whole = all_gradients * 4 // n.gradient if wider else all_gradients
    one_round = parallel.num_microbatches <= parallel.pipeline_parallel_size
    return ceil_div(whole, parallel.virtual_pipeline_parallel_size) if one_round else whole


def _transient(stack: Stack) -> int:
    return stack.activations + stack.logits + stack.workspace


def _on_gpu(instants: Instants, step: Stack, kept: Kept, stage: Stage, buffers: Traffic, all_gradients: int, model: ModelState) -> Instants:
    """``instants`` of one GPU by itself as they are on this one: those that happen on its stage, with the activations of other
    micro-batches, its buffers, and its part of the gradients that exist.
    """
    found: Instants = []
    in_layer = kept.again + kept.held_gradients
    for instant, cause in instants:
        of_loss = cause in AT_LOSS or cause is Cause.REFERENCE
        if of_loss and not stage.last:
            if cause is not Cause.LOSS:
                continue
            # The pass ends where the next stage's begins.
            instant, cause = instant._replace(logits=0, workspace=0), Cause.RESIDENT
        if cause is Cause.EMBEDDING and not stage.first:
            continue
        gradients = step.gradients or model.gradients * instant.gradients // all_gradients
        found.append(
            (
                instant._replace(
                    activations=max(0, instant.activations + (0 if of_loss else in_layer)) + kept.others,
                    gradients=gradients,
                    communication=buffers.always + (buffers.at_loss if of_loss else buffers.in_layer),
                ),
                cause,
            )
        )
    return found
