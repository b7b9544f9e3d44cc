"""Words for where formulas are from: ``core.memory.sources`` has them in English, as the command line shows them."""

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate
#: By a text that is not literal here: ``_to_translate`` has it where lupdate reads it.
look_up = QCoreApplication.translate


def source_words(source: str) -> str:
    """``source`` in the language of the window; as it is where it is not among those below."""
    return look_up("Sources", source)


def _to_translate() -> tuple[str, ...]:
    """Every source there is: what is not written out here does not get into the file of translations."""
    return (
        translate("Sources", "the article's table: bytes per parameter, nothing else"),
        translate("Sources", "the model's config.json and the format's layout; tensors tracked through transformers 5.23 on torch 2.13"),
        translate("Sources", "token ids are int64 (torch); labels too in training"),
        translate(
            "Sources",
            "2 KiB for each thread that the card holds at once, by bare CUDA contexts published for PyTorch 2: 256 MiB (RTX 3090) "
            "to 520 MiB (H100); 426 MiB where no card, or none of NVIDIA's, is chosen",
        ),
        translate("Sources", "buffers of the collectives (NCCL)"),
        translate(
            "Sources",
            "torch's caching allocator; peaks, levels and nvidia-smi of 16 fine-tunes (fms-acceleration benchmarks, A100 80 GB)",
        ),
        translate("Sources", "transformers' DynamicCache: keys and values of every layer, the window of those that slide"),
        translate("Sources", "modelling code of transformers; tensors tracked through transformers 5.23 on torch 2.13"),
        translate("Sources", "the head's output for the positions that generate() keeps (transformers)"),
        translate("Sources", "scores of eager attention, masks, torch.cat of a growing cache, one dequantized matrix"),
        translate("Sources", "vLLM's fused layers and rotary table; published logs of loaded models (Llama-3.1-8B, gpt-oss-20b)"),
        translate("Sources", "cache blocks of vLLM (16 tokens) and SGLang (1): every layer's keys and values in whole blocks"),
        translate("Sources", "the largest step of max_num_batched_tokens (vLLM's determine_available_memory)"),
        translate("Sources", "the sampler over max_num_seqs rows: 38 bytes a logit in published profile runs of four models"),
        translate("Sources", "CUDA graphs: pools published for Qwen3-0.6B and an 8B model; one dequantized matrix"),
        translate("Sources", "token ids, positions and slots of the largest step, int64 each"),
        translate("Sources", "bare CUDA context, and what seven logs of vLLM state as not torch's (0.12 GiB at the median)"),
        translate(
            "Sources",
            "llama.cpp's quantizer (llama_tensor_get_type), met to 0.01 % by the sizes its README states for Llama-3.1-8B",
        ),
        translate("Sources", "llama.cpp's cache: keys and values of every cell, in ggml's blocks"),
        translate(
            "Sources",
            "the model's config.json and the format's layout, a second table of embeddings for all layers with them; "
            "tensors tracked through transformers 5.24 on torch 2.13",
        ),
        translate(
            "Sources",
            "transformers' DynamicCache: keys and values of the layers that make their own, the window of those that slide",
        ),
        translate(
            "Sources",
            "modelling code of Gemma 3n and Gemma 4, with what goes into every layer; tensors tracked through transformers "
            "5.24 on torch 2.13",
        ),
        translate(
            "Sources",
            "llama.cpp's quantizer (llama_tensor_get_type); the table of what each token puts into each layer stays with the "
            "host (llama-arch.cpp). ggml-org's files of Gemma 3n and Gemma 4 are met to 0.04 %",
        ),
        translate(
            "Sources",
            "llama.cpp's compute buffer: its graph's widest layer and what goes into every layer; no log of these models was met",
        ),
        translate("Sources", "llama.cpp's compute buffer: a micro-batch's logits, scores or widest layer, by 14 published logs"),
        translate("Sources", "torch.autograd: one value a trained parameter, in its width"),
        translate("Sources", "states of torch.optim; master weights as DeepSpeed and apex keep them"),
        translate(
            "Sources",
            "what autograd saves for the backward pass; tensors tracked through transformers 5.23 on torch 2.13 and peft 0.21",
        ),
        translate("Sources", "ForCausalLMLoss of transformers: fp32 logits and their log-softmax"),
        translate("Sources", "temporaries of the instant that needs most: backward of an MLP or attention, or torch's foreach optimizer"),
        translate(
            "Sources",
            "the model's config.json and the format's layout, and the reference model's where TRL loads one; "
            "tensors tracked through transformers 5.23 on torch 2.13",
        ),
        translate("Sources", "losses of TRL 0.29 run with every storage tracked (torch 2.13); the fused head of TRL 1.16 by its code"),
        translate(
            "Sources",
            "temporaries of the instant that needs most: a layer of policy or reference model, or torch's foreach optimizer",
        ),
        translate(
            "Sources",
            "torch's FSDP notes: the unit in hand and the next are gathered, the root's all the time; Mistral-7B on 2 and 4 A100",
        ),
        translate("Sources", "DDP's buckets: a copy of all gradients unless these are views of them (torch's DistributedDataParallel)"),
        translate("Sources", "Megatron-Core's buffer of all gradients, there from the start (dist_optimizer.md: 6 + 12/d with bf16)"),
        translate("Sources", "Megatron-Core's distributed optimizer: master weights and states, 12/d bytes a parameter"),
        translate("Sources", "Korthikanti et al.: 34sbh of a GPT layer, over t; here by the pieces of this model's"),
        translate("Sources", "DeepSpeed's stage3.py: reduce bucket, live parameters; its estimator counts four times the largest layer"),
        translate("Sources", "DeepSpeed's ZeRO-3: 2/N bytes a parameter"),
        translate("Sources", "DeepSpeed's stage_1_and_2.py: two reduce buckets while gradients come; its estimator leaves them out"),
        translate("Sources", "DeepSpeed's ZeRO-2: 2/N bytes a parameter; its estimator counts fp32 ones, 4P + 16P/N in all"),
        translate("Sources", "DeepSpeed's stage_1_and_2.py: two reduce buckets while gradients come"),
        translate("Sources", "DeepSpeed and FSDP: every replica keeps 1/N of master weights and states"),
        translate("Sources", "bare CUDA context, and NCCL's own memory: 544 MB a group of two GPUs, 688 MB a larger one (A100)"),
        translate("Sources", "bitsandbytes: states of 8 bits with an fp32 maximum a block, tensors below 4,096 values in fp32"),
        translate("Sources", "PEFT: adapters are fp32 beside a 16-bit base; their gradients and states too"),
        translate(
            "Sources",
            "transformers' cache: keys and values of the layers with attention; of the others what their "
            "convolution keeps, and an fp32 state, the same for any length (modelling code of transformers 5.23, "
            "met to the byte)",
        ),
        translate(
            "Sources",
            "modelling code of transformers in plain PyTorch; tensors tracked through transformers 5.23 on torch "
            "2.13. With the kernels of mamba-ssm, causal-conv1d or flash-linear-attention the layers with a "
            "state take far less, which was not measured",
        ),
        translate(
            "Sources",
            "Megatron-Core's Mamba mixer on mamba-ssm's kernel: what its code saves for the backward pass, and makes again in it; "
            "not measured",
        ),
        translate(
            "Sources",
            "vLLM's hybrid cache: layers with and without a window in groups of one size, a block of 16 tokens alike in all; what "
            "no window reaches is given back (SlidingWindowSpec). A log of Gemma 4 in vLLM 0.21 agrees, as far as it goes",
        ),
        translate(
            "Sources",
            "vLLM's pages of hybrid models: blocks of attention no smaller than a layer's state, one of each group of mixers "
            "for a sequence (HybridAttentionMambaModelConfig; block sizes of logs for Qwen3-Next and Qwen3.5 are met)",
        ),
        translate(
            "Sources",
            "SGLang's MambaPool: five slots a running sequence and one for padding, beside keys and values of the layers with "
            "attention; pools logged for two sizes of Qwen3.5 are met",
        ),
        translate(
            "Sources",
            "llama.cpp's recurrent memory: what a convolution looks back on, and the state, fp32 both, for each sequence, beside "
            "keys and values of the layers with attention; logs of Qwen3.5 and Nemotron 3 are met to the byte",
        ),
        translate(
            "Sources",
            "torch's caching allocator; peaks and nvidia-smi of 56 FSDP runs of Mistral-7B (fms-acceleration benchmarks, 2 and 4 A100)",
        ),
        translate(
            "Sources",
            "the model's config.json and the format's layout; transformers leaves out heads that predict tokens ahead "
            "(_keys_to_ignore_on_load_unexpected)",
        ),
        translate(
            "Sources",
            "vLLM's fused layers and rotary table; heads that predict tokens ahead are loaded for speculative decoding alone",
        ),
        translate(
            "Sources",
            "llama.cpp's quantizer (llama_tensor_get_type); tensors of heads that predict tokens ahead are stepped "
            "over (TENSOR_SKIP), unless --spec-type draft-mtp asks for them, which is not modelled",
        ),
        translate(
            "Sources",
            "vLLM's fused layers and rotary table; with each head that drafts its layer, a matrix 2h·h and three "
            "norms, while embedding and output matrix are shared (vLLM 0.33, SGLang 0.5.23)",
        ),
        translate(
            "Sources",
            "cache blocks of every layer, those of the heads that draft among them; where layers keep states, one more"
            " for each token that is drafted (vLLM's MambaSpec)",
        ),
        translate(
            "Sources",
            "a row of logits for each token that is drafted and one more: 38 bytes a logit in published profile runs, "
            "fp32 ones at most 1 GiB at once (vLLM's rejection_sampler.py)",
        ),
        translate(
            "Sources",
            "Megatron-Core 0.16 (multi_token_prediction.py): with each head a layer, a matrix 2h·h and three norms on "
            "the last stage, which has the embedding too; read, not measured",
        ),
        translate("Sources", "Megatron-Core 0.16 (gpt_model.py): logits and a loss of the model and of each head; read, not measured"),
    )
