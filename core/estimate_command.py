"""The command ``fitting-room estimate``: an answer in the terminal."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from core import parallel_options
from core.arguments import DEFAULT_MODEL, gpu_named, known_calibration, model_named, opened_from
from core.catalogue.gpus import unnumbered
from core.choices import MAX_LORA_RANK, MIN_LORA_RANK, meaningless
from core.complaints import meaningless_words, quantity_words, refusal_words
from core.fleet import named_cards
from core.hub_table import hub_table
from core.known import ignored_lists, known_gpus, known_models
from core.launch import CannotSayError, Launcher, write_line
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Attention,
    Estimator,
    Format,
    Gpu,
    Method,
    Optimizer,
    OptimizerImplementation,
    Recipe,
    Refusal,
    RefusedError,
    Runtime,
    Scenario,
    Task,
    architecture_from_parameter_count,
    refusal,
    room_on,
)
from core.memory.architecture import MAX_PREDICTION_HEADS
from core.memory.parallel import PARALLEL_FIELDS
from core.memory.scenario import (
    ALL_LINEAR,
    ATTENTION_LINEAR,
    MAX_SPECULATIVE_TOKENS,
    QUERY_VALUE,
    LlamaCppBuild,
    Loss,
    Objective,
    TransformersRelease,
)
from core.quantity import Kind, QuantityError, parse_quantity
from core.report import answer, as_json, as_text, hub_table_text
from core.suggest import smallest_count, sweep
from core.suggest_report import best_of, fewest_of, suggested_json, suggested_text
from core.terminal import FILES, CommandError, Parser, wrapped
from core.trainer_config import Trainer
from core.trainer_export import NoSuchFieldError, export

_LORA_TARGETS = {"all-linear": ALL_LINEAR, "attention": ATTENTION_LINEAR, "qv": QUERY_VALUE}


class _EstimateParser(Parser):
    """Lists the names of the catalogues in its help, and reads them only then."""

    def format_help(self) -> str:
        names = {"models": [model.name for model in known_models().rows], "GPUs": [gpu.name for gpu in known_gpus().rows]}
        return super().format_help() + "".join(f"\n{title}:\n{wrapped(of)}\n" for title, of in names.items())


def _quantity(kind: Kind, low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            return parse_quantity(text, kind, low, high)
        except QuantityError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {quantity_words(error)}") from error

    return parse


def _parser() -> _EstimateParser:
    """Options left out are absent from the result, so that a scenario file keeps its choices."""
    parser = _EstimateParser(
        prog="fitting-room estimate",
        description="How much GPU memory a run takes and, with --gpu, whether it fits. Options override the scenario file.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )

    def choice(group: argparse._ActionsContainer, option: str, values: Iterable[str] | type[StrEnum], text: str) -> None:
        named = {str(value): value for value in values}

        def member(typed: str) -> str:
            return named.get(typed.lower(), typed)

        group.add_argument(option, type=member, choices=list(named), help=text)

    parser.add_argument("file", nargs="?", metavar="FILE", help=f"to start from: {FILES}")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--model", metavar="NAME", help=f"a model of the catalogue (default: {DEFAULT_MODEL})")
    parameters = _quantity(Kind.PARAMETERS, MIN_PARAMETERS, MAX_PARAMETERS)
    model.add_argument("--params", type=parameters, metavar="N", help="a parameter count: 7b, 1.5T, 7e9, 70亿")
    parser.add_argument("--gpu", metavar="NAME", help="the card to judge by")
    parser.add_argument("--hub-table", action="store_true", help="print what the Hub's memory calculator says of the model instead")
    choice(parser, "--export", [*Trainer, *Launcher], "print the run as a configuration of this trainer, or as its command, instead")
    parser.add_argument("--suggest", action="store_true", help="print strategies for so many --gpus of --gpu instead, the best first")
    parser.add_argument("--fewest", action="store_true", help="print the fewest of --gpu that work instead")
    choice(parser, "--task", Task, "default: inference")
    choice(parser, "--weights", Format, "number format of the weights (default: bf16)")
    batch = _quantity(Kind.COUNT, MIN_BATCH_SIZE, MAX_BATCH_SIZE)
    parser.add_argument("--batch", dest="batch_size", type=batch, metavar="N", help="sequences at once (default: 1)")
    context = _quantity(Kind.TOKENS, MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH)
    parser.add_argument("--context", dest="context_length", type=context, metavar="N", help="tokens of a sequence: 8k (default: 4096)")
    choice(parser, "--kv-cache", Format, "number format of the KV cache (default: bf16)")
    choice(parser, "--attention", Attention, "default: sdpa")
    choice(parser, "--runtime", Runtime, "default: transformers")
    choice(parser, "--estimator", Estimator, "default: detailed")
    choice(parser, "--transformers-release", TransformersRelease, "default: current")
    parser.add_argument("--json", action="store_true", default=False, help="print the answer as JSON")

    llama = parser.add_argument_group("with --runtime llama.cpp")
    ubatch = _quantity(Kind.TOKENS, 1, 65_536)
    llama.add_argument("--ubatch-size", type=ubatch, metavar="N", help="tokens it computes at once (default: 512)")
    layers = _quantity(Kind.COUNT, 0, 10**5)
    llama.add_argument("--n-gpu-layers", type=layers, metavar="N", help="layers on the card, the last ones (default: all)")
    llama.add_argument("--n-cpu-moe", type=layers, metavar="N", help="of so many layers the experts stay with the host (default: 0)")
    choice(llama, "--llama-cpp-build", LlamaCppBuild, "default: current")
    engine = parser.add_argument_group("with --runtime vllm or sglang")
    steps = _quantity(Kind.TOKENS, 1, MAX_CONTEXT_LENGTH)
    engine.add_argument("--max-num-batched-tokens", type=steps, metavar="N", help="tokens of the largest step (default: 2048)")
    engine.add_argument("--max-num-seqs", type=batch, metavar="N", help="sequences of the largest step (default: 256)")
    prefix = _quantity(Kind.TOKENS, 0, MAX_CONTEXT_LENGTH)
    help_text = "tokens that all sequences begin with (default: 0)"
    engine.add_argument("--shared-prefix", dest="shared_prefix_length", type=prefix, metavar="N", help=help_text)
    drafts = _quantity(Kind.COUNT, 0, MAX_SPECULATIVE_TOKENS)
    help_text = "tokens drafted in each step by the model's own heads (multi-token prediction; default: 0)"
    engine.add_argument("--speculative-tokens", type=drafts, metavar="N", help=help_text)
    flag = argparse.BooleanOptionalAction
    engine.add_argument("--cuda-graphs", action=flag, help="record CUDA graphs for decode (default: on)")

    training = parser.add_argument_group("with --task training")
    choice(training, "--method", Method, "default: full")
    choice(training, "--recipe", Recipe, "what full training stores (default: mixed)")
    choice(training, "--optimizer", Optimizer, "default: adamw")
    choice(training, "--optimizer-implementation", OptimizerImplementation, "how torch runs its step (default: foreach)")
    choice(training, "--objective", Objective, "what is learned from (default: next-token)")
    training.add_argument("--precomputed-reference", action=flag, help="of dpo and kto, before training (default: off)")
    choice(training, "--loss", Loss, "how it is computed (default: plain)")
    training.add_argument("--checkpointing", dest="gradient_checkpointing", action=flag, help="gradient checkpointing (default: off)")
    training.add_argument("--first-step", action=flag, help="the very first step, before optimizer states exist (default: off)")
    heads = _quantity(Kind.COUNT, 0, MAX_PREDICTION_HEADS)
    help_text = "heads that predict tokens ahead and are trained too, with --sharding megatron (default: 0)"
    training.add_argument("--mtp-num-layers", type=heads, metavar="N", help=help_text)
    rank = _quantity(Kind.COUNT, MIN_LORA_RANK, MAX_LORA_RANK)
    training.add_argument("--lora-r", type=rank, metavar="N", help="rank of the adapters (default: 16)")
    choice(training, "--lora-targets", _LORA_TARGETS, "layers with adapters (default: all-linear)")
    parallel_options.add_options(parser, lambda low, high: _quantity(Kind.COUNT, low, high), choice)
    return parser


#: What each option sets, where that can say nothing about a run.
_OPTIONS = {
    "kv_cache": "--kv-cache",
    "attention": "--attention",
    "transformers_release": "--transformers-release",
    "ubatch_size": "--ubatch-size",
    "n_gpu_layers": "--n-gpu-layers",
    "n_cpu_moe": "--n-cpu-moe",
    "llama_cpp_build": "--llama-cpp-build",
    "max_num_batched_tokens": "--max-num-batched-tokens",
    "max_num_seqs": "--max-num-seqs",
    "shared_prefix_length": "--shared-prefix",
    "speculative_tokens": "--speculative-tokens",
    "mtp_num_layers": "--mtp-num-layers",
    "cuda_graphs": "--cuda-graphs",
    "method": "--method",
    "recipe": "--recipe",
    "optimizer": "--optimizer",
    "optimizer_implementation": "--optimizer-implementation",
    "objective": "--objective",
    "precomputed_reference": "--precomputed-reference",
    "loss": "--loss",
    "gradient_checkpointing": "--checkpointing",
    "first_step": "--first-step",
    "lora_r": "--lora-r",
    "lora_target_modules": "--lora-targets",
} | parallel_options.OPTIONS


def estimate(arguments: list[str]) -> str:
    """The answer to ``fitting-room estimate``. Raises CommandError, ScenarioFileError, CatalogueError."""
    options = vars(_parser().parse_args(arguments))
    for complaint in ignored_lists():
        print(f"note: {complaint}", file=sys.stderr)
    json_wanted, exported, table_wanted = options.pop("json"), options.pop("export", None), options.pop("hub_table", False)
    searched = next((name for name in ("suggest", "fewest") if options.pop(name, False)), None)
    file, card = options.pop("file", None), options.pop("gpu", None)
    changes = _changes(options)
    cards = _cards(changes.pop("gpus", ""))
    base = Scenario(architecture=changes.get("architecture") or model_named(DEFAULT_MODEL))
    opened = opened_from(file, base) if file is not None else None
    base = opened.scenario if opened else base
    scenario = _asked_for(base, changes, cards)
    # a card of the file's that this catalogue lacks is no less of an error than one that was typed
    gpu = gpu_named(unnumbered(scenario.gpu) if card is None else card) if scenario.gpu or card is not None else None
    if gpu is not None and (card is not None or not scenario.resident_threads):
        scenario = scenario.evolve(resident_threads=gpu.resident_threads or 0)
    if searched is not None:
        return _searched(scenario, gpu, fewest=searched == "fewest", json_wanted=json_wanted)
    try:
        found = answer(scenario, gpu, known_calibration(), {name: gpu_named(name) for name in scenario.parallel.gpus})
    except RefusedError as error:
        raise CommandError(refusal_words(_within(error.refusal, base, changes, cards))) from error
    if table_wanted:
        return hub_table_text(hub_table(scenario.architecture))
    if exported is not None:
        return _exported(scenario, exported)
    if json_wanted:
        return json.dumps(as_json(found), indent=2) + "\n"
    return as_text(found, context_assumed=(opened is None or opened.model is not None) and "context_length" not in changes)


def _searched(scenario: Scenario, gpu: Gpu | None, *, fewest: bool, json_wanted: bool) -> str:
    """Strategies that fit ``gpu``. Raises CommandError."""
    if gpu is None or scenario.estimator is not Estimator.DETAILED:
        raise CommandError("--suggest and --fewest judge by a card: name it with --gpu, and leave --estimator out")
    calibration = known_calibration()
    if fewest:
        found = fewest_of(smallest_count(scenario, gpu, calibration), gpu)
    else:
        named = {name: gpu_named(name) for name in scenario.parallel.gpus} | {"": gpu}
        cards = {name: room_on(card, scenario) for name, card in named.items()}
        found = best_of(sweep(scenario, scenario.parallel.world_size, gpu, calibration, cards), gpu)
    return json.dumps(suggested_json(found), indent=2) + "\n" if json_wanted else suggested_text(found, scenario, fewest=fewest)


def _exported(scenario: Scenario, program: Trainer | Launcher) -> str:
    try:
        text = write_line(scenario, program) if isinstance(program, Launcher) else export(scenario, program)
    except (NoSuchFieldError, CannotSayError) as error:
        raise CommandError(f"--export {program.value}: {error}") from error
    return text.rstrip() + "\n"


def _cards(text: str) -> tuple[Gpu, ...]:
    """Those that ``--cards`` names. Raises CommandError."""
    try:
        return named_cards(text, known_gpus().rows) if text else ()
    except LookupError as error:
        name = str(error.args[0])
        gpu_named(name)  # says what is close to it, if that is the matter
        raise CommandError(f"{name!r} names no card, or too many") from error


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    """``options`` as fields of a scenario."""
    changes = dict(options)
    model, parameters = changes.pop("model", None), changes.pop("params", None)
    if parameters is not None:
        changes["architecture"] = architecture_from_parameter_count(parameters)
    elif model is not None:
        changes["architecture"] = model_named(model)
    if "lora_targets" in changes:
        changes["lora_target_modules"] = _LORA_TARGETS[changes.pop("lora_targets")]
    return changes


def _asked_for(base: Scenario, changes: dict[str, Any], cards: tuple[Gpu, ...]) -> Scenario:
    """``base`` with ``changes`` and what they imply. Raises CommandError where one of them is in vain; what ``base`` holds may be."""
    world_size = changes.get("world_size")
    changes = {field: value for field, value in changes.items() if field != "world_size"}
    try:
        scenario = parallel_options.spread_as_asked(base, changes, world_size, cards)
    except ValueError as error:  # pydantic's are too
        raise CommandError(parallel_options.complaint(error)) from error
    for field, option in _OPTIONS.items():
        why = meaningless(scenario, field) if field in changes else None
        if why is not None:
            raise CommandError(meaningless_words(option, why))
    if {"recipe", "weights"} <= changes.keys() and scenario.recipe is Recipe.FP32 and scenario.weights is not Format.FP32:
        raise CommandError(f"--recipe fp32 stores fp32 weights, not {scenario.weights.value}; leave --weights out or use another --recipe")
    return scenario


def _within(refused: Refusal, base: Scenario, changes: dict[str, Any], cards: tuple[Gpu, ...]) -> Refusal:
    """``refused`` with the alternatives that the rest of the command goes with."""

    def possible(alternative: dict[str, Any]) -> bool:
        kept = {field: value for field, value in changes.items() if "parallel" not in alternative or field not in PARALLEL_FIELDS}
        kept.pop("world_size", None)
        try:
            return refusal(_asked_for(base, kept | alternative, () if "parallel" in alternative else cards)) is None
        except CommandError:
            return False

    return refused._replace(alternatives=tuple(filter(possible, refused.alternatives)))
