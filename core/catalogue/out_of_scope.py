"""What a configuration is of, where it is of no model that Fitting Room knows how to reckon: named, so that the refusal says why.

Source: the tasks that transformers 5.24 lists each type of model under, and the configurations of diffusers.
"""

from core.catalogue.config_keys import Config, ConfigProblem

_ENCODERS = frozenset(
    """
    albert bert big_bird bros camembert canine convbert data2vec-text deberta deberta-v2 distilbert dpr electra ernie esm esmc eurobert
    flaubert fnet funnel gte ibert jina_embeddings_v3 layoutlm layoutlmv2 layoutlmv3 lilt longformer luke markuplm megatron-bert mobilebert
    modernbert mpnet mra neomme new nezha nomic_bert nystromformer qdqbert rembert roberta roberta-prelayernorm roc_bert roformer splinter
    squeezebert tapas ultrabert xlm-roberta xlm-roberta-xl xmod yoso colpali colqwen2 colmodernvbert embedding_gemma2
    """.split()  # noqa: SIM905 -- a list of words
)
_ENCODER_DECODERS = frozenset(
    """
    t5 mt5 umt5 longt5 t5gemma t5gemma2 switch_transformers bart mbart plbart mvp pegasus pegasus_x bigbird_pegasus led m2m_100 nllb-moe
    marian fsmt prophetnet blenderbot blenderbot-small encoder-decoder rag florence2 pix2struct trocr udop vision-encoder-decoder
    """.split()  # noqa: SIM905 -- a list of words
)
_OF_PICTURES = frozenset(
    """
    align altclip beit blip bridgetower chinese_clip clip clip_text_model clipseg convnext convnextv2 cvt deit depth_anything depth_pro detr
    dinov2 dinov2_with_registers dinov3_convnext dinov3_vit donut-swin dpt efficientnet eva_clip flava grounding-dino groupvit hiera ijepa
    layoutxlm mask2former maskformer metaclip_2 mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 oneformer owlv2 owlvit pixtral resnet
    rt_detr rt_detr_v2 sam sam2 sam3 sam_hq segformer siglip siglip2 swin swinv2 table-transformer timm_backbone timm_wrapper videomae
    videoprism vilt vit vit_mae vivit vjepa2 xclip yolos
    """.split()  # noqa: SIM905 -- a list of words
)
_OF_SOUND = frozenset(
    """
    audio-spectrogram-transformer audioflamingo3 bark canary clap clvp cohere_asr csm dac data2vec-audio dia encodec fastspeech2_conformer
    fun_asr_nano glmasr granite_speech granite_speech_plus higgs_audio_v2 hubert kyutai_speech_to_text mimi moonshine
    moonshine_streaming moshi moss_transcribe_diarize musicflamingo musicgen musicgen_melody nemo_speechlm omniasr parakeet_ctc pop2piano
    qwen2_audio qwen3_asr seamless_m4t seamless_m4t_v2 sew sew-d speech-encoder-decoder speech_to_text speecht5 ultravox unispeech
    unispeech-sat univnet vibevoice vibevoice_asr vits voxtral voxtral_realtime wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm whisper
    xcodec
    """.split()  # noqa: SIM905 -- a list of words
)
_DIFFUSION = frozenset({"stable-diffusion", "flux", "unet", "vae", "diffusion_gemma", "dream", "llada"})
#: Series of numbers, decisions, proteins.
_OTHERS = frozenset(
    "autoformer decision_transformer esmfold2 evolla informer patchtsmixer patchtst timesfm time_series_transformer".split()  # noqa: SIM905
)
_NAMED = {
    ConfigProblem.ENCODER: _ENCODERS,
    ConfigProblem.ENCODER_DECODER: _ENCODER_DECODERS,
    ConfigProblem.OF_PICTURES: _OF_PICTURES,
    ConfigProblem.OF_SOUND: _OF_SOUND,
    ConfigProblem.DIFFUSION: _DIFFUSION,
    ConfigProblem.OUT_OF_SCOPE: _OTHERS,
}
#: Parts of other models, by how their types end.
_ENDINGS = (
    (("_vision", "_vision_model", "_vision_encoder", "_vit_model"), ConfigProblem.OF_PICTURES),
    (("_audio", "_audio_model", "_audio_encoder", "_asr", "_ctc", "_tts"), ConfigProblem.OF_SOUND),
    (("bert",), ConfigProblem.ENCODER),
)


def pipeline_of_pictures(config: Config) -> str | None:
    """The name that diffusers gives to what ``config`` describes, a part of a pipeline or the whole; None where it is not of diffusers."""
    name = config.get("_class_name")
    return name if isinstance(name, str) and ("_diffusers_version" in config or "model_type" not in config) else None


def out_of_scope(kind: str, config: Config) -> ConfigProblem | None:
    """Why a model of the type ``kind`` is none to reckon; None where nothing tells."""
    for problem, kinds in _NAMED.items():
        if kind in kinds:
            return problem
    if "audio_config" in config and "vision_config" not in config:
        return ConfigProblem.OF_SOUND
    return None


def seems_out_of_scope(kind: str, config: Config) -> ConfigProblem | None:
    """The same of a type that is not known by name, from how it is called and what it says of itself."""
    for endings, problem in _ENDINGS:
        if kind.endswith(endings):
            return problem
    if config.get("is_encoder_decoder") is True:
        return ConfigProblem.ENCODER_DECODER
    code = config.get("architectures")
    if isinstance(code, list) and any(isinstance(name, str) and name.endswith("ForMaskedLM") for name in code[:10]):
        return ConfigProblem.ENCODER
    return None
